// Short messages that go by themselves, and the bar that says when there is no connection.

import { html, signal, useEffect, useRef, useState } from "common/html.js";
import { common } from "common/texts.js";
import { Button } from "common/ui/button.js";
import { Icon } from "common/ui/icon.js";

const LASTING = 6000; // ms
const MOST = 3;
const GRACE = 1500; // ms that a connection may be away before anybody is told

const shown = signal([]);
let count = 0;

/**
 * Say something in passing.
 *
 * @param {string} text
 * @param {"info"|"good"|"warning"|"bad"} [kind]
 */
export function toast(text, kind = "info") {
  count += 1;
  const id = count;
  const others = shown.peek().filter((one) => one.text !== text);
  shown.value = [...others.slice(-(MOST - 1)), { id, text, kind }];
  setTimeout(() => dismiss(id), LASTING);
}

function dismiss(id) {
  shown.value = shown.peek().filter((one) => one.id !== id);
}

/** Where toasts appear: once in every app, always there. */
export function Toasts() {
  const around = useRef(null);
  const newest = shown.value.at(-1)?.id;
  useEffect(() => { // above a dialog that was opened before it
    if (!around.current.showPopover) return;
    if (around.current.matches(":popover-open")) around.current.hidePopover();
    if (newest !== undefined) around.current.showPopover();
  }, [newest]);
  return html`<div class="toasts" ref=${around} popover="manual" role="status" aria-live="polite"
    data-testid="toasts">
    ${shown.value.map(({ id, text, kind }) => html`<div class=${`toast ${kind}`} key=${id}
      data-testid="toast">
      <span>${text}</span>
      <button type="button" class="icon-button" aria-label=${common("close")} onClick=${() => dismiss(id)}>
        <${Icon} name="close" size=${16} /></button>
    </div>`)}
  </div>`;
}

const online = signal(navigator.onLine);
addEventListener("online", () => { online.value = true; });
addEventListener("offline", () => { online.value = false; });

/**
 * Says that there is no connection, or that another window has it. Short gaps are not mentioned.
 *
 * @param {{socket?: {state: {value: string}, reconnectNow: () => void}, testid?: string}} props
 */
export function OfflineBar({ socket, testid = "offline_bar" }) {
  const state = socket?.state.value ?? "open";
  const away = !online.value || state === "waiting" || state === "connecting";
  const [told, setTold] = useState(false);

  useEffect(() => {
    if (!away) {
      setTold(false);
      return undefined;
    }
    const timer = setTimeout(setTold, GRACE, true);
    return () => clearTimeout(timer);
  }, [away]);

  const replaced = state === "replaced";
  return html`<div class="offline-bar" role="status" data-testid=${testid}
    data-shown=${String(told || replaced)}>
    ${replaced && html`<span>${common("replaced")}</span>
      <${Button} kind="quiet" testid="take_back_button" onClick=${() => socket.reconnectNow()}>
        ${common("take_back")}<//>`}
    ${told && !replaced && html`<span class="spinner" aria-hidden="true"></span>
      <span>${common(online.value ? "reconnecting" : "offline")}</span>`}
  </div>`;
}
