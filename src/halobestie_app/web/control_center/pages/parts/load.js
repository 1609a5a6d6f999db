// What a page shows, asked of the server: kept while it is asked for again, asked for anew when the
// question changes.
import { useEffect, useRef, useState } from "common/html.js";
import { poll } from "common/polling.js";

const EMPTY = { data: undefined, error: null, busy: true, turning: true };

/**
 * Ask, and keep the answer.
 *
 * @param {(signal: AbortSignal) => Promise<any>} work asks the server; the newest question wins.
 * @param {string} key names the question: another key asks at once, and shows the old answer until then.
 * @param {{every?: number}} options `every`: milliseconds between two looks, while the page is visible.
 * @returns {{data: any, error: Error|null, busy: boolean, turning: boolean, reload: () =>
 *   Promise<Error|null>, put: (change) => void}}
 *   `error` beside `data`: what is shown is the last that was heard; `turning`: it answers the question
 *   before.
 */
export function useLoad(work, key, { every } = {}) {
  const [seen, setSeen] = useState(EMPTY);
  const last = useRef({ work, asked: 0, abort: null, gone: false });
  last.current.work = work;

  const ask = useRef(async () => {
    const mine = last.current;
    mine.abort?.abort();
    const abort = new AbortController();
    mine.abort = abort;
    const number = (mine.asked += 1);
    setSeen((before) => ({ ...before, busy: true }));
    try {
      const data = await mine.work(abort.signal);
      if (number === mine.asked && !mine.gone) setSeen({ data, error: null, busy: false, turning: false });
      return null;
    } catch (error) {
      if (number !== mine.asked || mine.gone) return null; // another question was asked meanwhile
      setSeen((before) => ({ ...before, error, busy: false, turning: false }));
      return error;
    }
  }).current;

  useEffect(() => {
    const mine = last.current;
    mine.gone = false;
    setSeen((before) => (before.turning ? before : { ...before, turning: true }));
    const look = async () => {
      const error = await ask();
      if (error) throw error; // whoever polls waits as long as the server wants
    };
    const polling = every ? poll(look, { every }) : null;
    if (!polling) ask();
    return () => {
      mine.gone = true;
      polling?.stop();
      mine.abort?.abort();
    };
  }, [key, every]);

  // What the page itself has changed is put in at once; a look that is under way may still be older.
  const put = useRef((change) => {
    last.current.asked += 1;
    setSeen((before) => ({ data: change(before.data), error: null, busy: false, turning: false }));
  }).current;

  return { ...seen, reload: ask, put };
}

/** Give the list with one of its rows put in the place of the one with the same id. */
export function withRow(page, row) {
  if (!page) return page;
  return { ...page, rows: page.rows.map((one) => (one.id === row.id ? { ...one, ...row } : one)) };
}
