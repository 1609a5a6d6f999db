// A button that waits for what it started: busy meanwhile, as wide as before, and never started twice.

import { html, useEffect, useRef, useState } from "common/html.js";
import { ApiError } from "common/api.js";
import { common, problemText } from "common/texts.js";
import { toast } from "common/ui/toasts.js";

/**
 * @param {{kind?: "primary"|"quiet"|"danger"|"link", busy?: boolean, disabled?: boolean, testid?: string,
 *   type?: string, onClick?: (event: Event) => unknown, children: unknown}} props while the promise that
 *   `onClick` returns is open the button is busy; an ApiError that it throws is said in a toast
 */
export function Button({
  kind = "primary", busy = false, disabled = false, testid, type = "button", onClick, children,
  class: extra = "", ...rest
}) {
  const running = useRef(false);
  const mounted = useRef(true);
  const [own, setOwn] = useState(false);
  useEffect(() => () => { mounted.current = false; }, []);
  const waiting = busy || own;

  async function clicked(event) {
    if (running.current || waiting || disabled) {
      event.preventDefault();
      return;
    }
    const result = onClick?.(event);
    if (typeof result?.then !== "function") return;
    running.current = true;
    setOwn(true);
    try {
      await result;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(problemText(error), "bad");
    } finally {
      running.current = false;
      if (mounted.current) setOwn(false);
    }
  }

  return html`<button
    ...${rest}
    type=${type}
    class=${`button ${kind} ${extra}`}
    data-testid=${testid}
    data-busy=${waiting ? "true" : undefined}
    aria-disabled=${waiting || disabled ? "true" : undefined}
    onClick=${clicked}
  ><span class="button-label">${children}</span>${
    waiting && html`<span class="spinner" aria-hidden="true"></span>
      <span class="unseen" role="status">${common("working")}</span>`
  }</button>`;
}
