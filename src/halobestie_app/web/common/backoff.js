// How long to wait before a socket is tried again, and what its close codes mean. Knows no socket.

const [SHORTEST, LONGEST] = [500, 15_000]; // ms

/** Close codes of realtime that call for more than another try. */
export const EXPIRED = 4401;
export const SHUT_OUT = 4403;
export const REPLACED = 4409;
const TOO_FAST = 4429;
const RESTARTING = 1012;

/**
 * @param {number} code why the last one closed; 0 when nobody said
 * @param {number} failures in a row, before this one
 * @returns {number} ms, anywhere up to a limit that doubles: so that not all come back at the same moment
 */
export function pauseAfter(code, failures) {
  if (code === RESTARTING) return SHORTEST + Math.random() * 4500;
  const spread = 100 + Math.random() * Math.min(LONGEST, SHORTEST * 2 ** failures);
  return code === TOO_FAST ? Math.max(5000, spread) : spread;
}
