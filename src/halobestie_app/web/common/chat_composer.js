// The composer of a chat: grows up to five lines; Enter sends where there is a real keyboard.

import { html, useEffect, useRef } from "common/html.js";
import { t } from "common/chat_texts.js";

export const LONGEST = 4000; // characters, as the server counts them
const NEAR_END = 3600;
const LINES = 5;

/** As the server counts: code points, not halves of an emoji. */
const lengthOf = (text) => (text.length <= NEAR_END ? text.length : [...text].length);

/** @param {{log: object, disabled: boolean, paused: boolean}} props */
export function Composer({ log, disabled, paused }) {
  const box = useRef(null);
  const text = log.draft.value;
  const length = lengthOf(text.trim());
  const tooLong = length > LONGEST;
  const sendable = !disabled && !tooLong && length > 0;

  useEffect(() => {
    const area = box.current;
    area.style.height = "auto";
    const style = getComputedStyle(area);
    const padding = Number.parseFloat(style.paddingTop) + Number.parseFloat(style.paddingBottom);
    const most = Number.parseFloat(style.lineHeight) * LINES + padding;
    area.style.height = `${Math.min(area.scrollHeight, most) + area.offsetHeight - area.clientHeight}px`;
  }, [text]);

  const send = () => {
    if (!sendable) return;
    log.say(text);
    box.current?.focus();
  };
  const onKeyDown = (event) => {
    const real = matchMedia("(hover: hover) and (pointer: fine)").matches;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !real) return;
    event.preventDefault();
    send();
  };
  return html`
    <form class="chat-composer" onSubmit=${(event) => {
      event.preventDefault();
      send();
    }}>
      <label class="unseen" for=${`say-${log.sessionId}`}>${t("write")}</label>
      <textarea id=${`say-${log.sessionId}`} ref=${box} rows="1" data-testid="chat_input"
        disabled=${disabled} placeholder=${t(paused ? "write_paused" : "write")} value=${text}
        enterkeyhint="send" autocomplete="off" aria-invalid=${tooLong ? "true" : undefined}
        aria-describedby=${length > NEAR_END ? `bound-${log.sessionId}` : undefined}
        onInput=${(event) => log.write(event.currentTarget.value)} onKeyDown=${onKeyDown}></textarea>
      <button type="submit" class="chat-send" data-testid="chat_send_button" disabled=${!sendable}
        aria-label=${t("send")} onMouseDown=${(event) => event.preventDefault()}>
        <svg viewBox="0 0 24 24" aria-hidden="true"><path
          d="M4 12 20 4l-5 16-3.5-6.5L4 12Zm7.5 1.5L20 4" /></svg>
      </button>
      ${length > NEAR_END && html`
        <small id=${`bound-${log.sessionId}`} class=${`chat-bound ${tooLong ? "over" : ""}`}
          role="status" data-testid="chat_bound">
          ${tooLong ? t("too_long", { count: length - LONGEST }) : t("room", { count: LONGEST - length })}
        </small>`}
    </form>
  `;
}
