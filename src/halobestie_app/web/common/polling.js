// Asking again and again, only while somebody looks. Knows not what is asked.

/**
 * Run `work` now and then every so often, while the page is visible; at once when it is looked at again;
 * never twice at a time. What fails is asked again as usual, or later when the failure says so
 * (`retryAfter`, in seconds).
 *
 * @param {(signal: AbortSignal) => Promise<unknown>} work should handle its own failures
 * @param {{every: number}} options ms from the end of one to the start of the next
 * @returns {{stop: () => void, now: () => Promise<void>}} `now`: ask at once, or get the running one
 */
export function poll(work, { every }) {
  const ended = new AbortController();
  let timer;
  let running = null;

  function now() {
    if (ended.signal.aborted) return Promise.resolve();
    clearTimeout(timer);
    running ??= once().finally(() => { running = null; });
    return running;
  }

  async function once() {
    let wait = every;
    try {
      await work(ended.signal);
    } catch (error) {
      wait = Math.max(every, (error?.retryAfter ?? 0) * 1000);
      if (!ended.signal.aborted && error?.code === undefined) reportError(error);
    }
    if (!ended.signal.aborted && !document.hidden) timer = setTimeout(now, wait);
  }

  function turned() {
    if (document.hidden) clearTimeout(timer);
    else now();
  }

  function stop() {
    ended.abort();
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", turned);
    removeEventListener("online", turned);
  }

  document.addEventListener("visibilitychange", turned);
  addEventListener("online", turned);
  if (!document.hidden) now();
  return { stop, now };
}
