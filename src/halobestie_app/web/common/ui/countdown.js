// Time that runs out, on the server's clock: seen every second, read out only now and then.

import { html, useEffect, useRef } from "common/html.js";
import { clock, common, duration } from "common/texts.js";
import { useSpoken } from "common/spoken.js";
import { secondsLeft } from "common/time.js";

const SPOKEN = new Set([5, 10, 30, 60, 120, 300, 600]);
const AROUND = 2 * Math.PI * 20;

/**
 * @param {{until: string|null, total?: number, shape?: "ring"|"bar"|"text", seconds?: number,
 *   label?: unknown, onEnd?: () => void, testid?: string}} props `until`: an instant; `total` s that it lasts
 *   as a whole (without it only the text is shown); `seconds` instead of `until`: time that stands still
 */
export function Countdown({ until, total, shape = "ring", seconds, label, onEnd, testid, ...rest }) {
  const left = seconds ?? secondsLeft(until);
  const ended = useRef(null);
  const spoken = useSpoken(left === 0 ? common("time_over")
    : SPOKEN.has(left) ? common("time_left", { text: duration(left) }) : null);

  useEffect(() => {
    if (!until || left > 0 || ended.current === until) return;
    ended.current = until;
    onEnd?.();
  }, [until, left === 0]);

  const part = total ? Math.min(1, left / total) : 1;
  const hurry = left <= Math.min(10, (total ?? 60) / 3) ? "hurry" : "";
  const drawn = total ? shape : "text";
  return html`<div ...${rest} class=${`countdown ${drawn} ${hurry}`} data-testid=${testid} role="timer">
    ${drawn === "ring" && html`<svg viewBox="0 0 48 48" aria-hidden="true">
      <circle class="track" cx="24" cy="24" r="20" />
      <circle class="hand" cx="24" cy="24" r="20" stroke-dasharray=${AROUND}
        stroke-dashoffset=${AROUND * (1 - part)} transform="rotate(-90 24 24)" /></svg>`}
    <span class="countdown-text">${clock(left)}</span>
    ${label && html`<span class="soft">${label}</span>`}
    ${drawn === "bar" && html`<progress max=${total} value=${left} aria-hidden="true"></progress>`}
    <span class="unseen" aria-live="polite">${spoken}</span>
  </div>`;
}
