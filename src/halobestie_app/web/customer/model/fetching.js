// What a screen shows and the evening does not hold: fetched when the screen comes, again when asked.

import { useCallback, useEffect, useState } from "common/html.js";

/**
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} work
 * @param {unknown[]} on what it depends on
 * @returns {{data: T|null, error: Error|null, again: () => void}} `data` stays while it is fetched again
 */
export function useFetched(work, on = []) {
  const [state, setState] = useState({ data: null, error: null });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const ended = new AbortController();
    setState(({ data }) => ({ data, error: null }));
    work(ended.signal).then(
      (data) => { if (!ended.signal.aborted) setState({ data, error: null }); },
      (error) => {
        if (ended.signal.aborted) return;
        if (error?.code === undefined) reportError(error);
        setState(({ data }) => ({ data, error }));
      },
    );
    return () => ended.abort();
  }, [...on, round]);
  const again = useCallback(() => setRound((before) => before + 1), []);
  return { ...state, again };
}
