// The head of a chat: how near the other one is, and the time that is left, as the server says.

import { html } from "common/html.js";
import { clock, duration } from "common/texts.js";
import { useSpoken } from "common/spoken.js";
import { secondsLeft } from "common/time.js";
import { t } from "common/chat_texts.js";

const CLOCK = "M8 4.5V8l2.5 1.5M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z";
const PAUSE = "M5.5 3.5v9M10.5 3.5v9";
const SAID_AT = [300, 60, 30, 10]; // seconds left that a screen reader hears

/**
 * Whole seconds left of paid time, frozen while an extension waits; of the goodbye when closing.
 * Reads the clock: whoever renders it is rendered again.
 *
 * @param {{status: string, seconds_left: number, expires_at: string, closing_until: string|null}} session
 */
export function timeLeft(session) {
  switch (session.status) {
    case "active": return secondsLeft(session.expires_at);
    case "closing": return secondsLeft(session.closing_until);
    case "extending": return session.seconds_left;
    default: return 0;
  }
}

/** The time left as a small chip that turns amber in the last three minutes, and red in the last. */
export function TimeLeft({ session, testid = "chat_time_left" }) {
  const left = timeLeft(session);
  const level = session.status === "extending" ? "paused" : session.status === "closing" || left <= 60 ? "low"
    : left <= 180 ? "soon" : "fine";
  const step = SAID_AT.includes(left) && session.status === "active";
  const said = useSpoken(step ? t("left_said", { time: duration(left) }) : null);
  return html`
    <span class="chat-left" data-level=${level} data-testid=${testid} data-seconds=${left}>
      <span class="unseen">${t(session.status === "closing" ? "goodbye_left" : "time_left")}</span>
      <svg viewBox="0 0 16 16" aria-hidden="true"><path
        d=${session.status === "extending" ? PAUSE : CLOCK} /></svg>
      <time role="timer" aria-live="off">${clock(left)}</time>
      <span class="unseen" aria-live="polite">${said}</span>
    </span>`;
}

/** Whether the other one looks at this chat, is there at all, or away. */
export function PeerState({ log }) {
  const state = log.peer.value;
  return html`
    <p class="chat-peer" data-state=${state ?? "unknown"} data-testid="chat_peer_state" aria-live="polite">
      ${state ? t(`peer_${state}`) : "\u00a0"}
    </p>`;
}
