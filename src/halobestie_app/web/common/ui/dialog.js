// A question over the screen: the browser's own dialog keeps the focus in and gives it back.

import { html, useEffect, useId, useRef } from "common/html.js";
import { common } from "common/texts.js";
import { Icon } from "common/ui/icon.js";

/**
 * @param {{open: boolean, title: unknown, onClose?: () => void, dismissable?: boolean, actions?: unknown,
 *   testid?: string, children?: unknown}} props without `onClose`, or when not `dismissable`, only what is
 *   inside can close it. What has `autofocus` is focused, else the heading.
 */
export function Dialog({
  open, title, onClose, dismissable = Boolean(onClose), actions, testid, children, ...rest
}) {
  const dialog = useRef(null);
  const heading = useRef(null);
  const titled = useId();

  useEffect(() => {
    if (!open) return undefined;
    const shown = dialog.current;
    const before = document.activeElement;
    if (!shown.open) shown.showModal();
    if (!shown.querySelector("[autofocus]")) heading.current?.focus();
    return () => {
      if (shown.open) shown.close();
      if (before?.isConnected && before !== document.body) before.focus({ preventScroll: true });
    };
  }, [open]);

  if (!open) return null;
  const wished = () => { if (dismissable) onClose?.(); };
  function shut({ target }) { // by the browser, which lets nobody forbid a second Escape
    if (target !== dialog.current) return; // by us, as it goes
    if (dismissable) onClose?.();
    else if (dialog.current && !dialog.current.open) dialog.current.showModal();
  }
  return html`<dialog ...${rest} ref=${dialog} class="dialog" data-testid=${testid} aria-labelledby=${titled}
    onCancel=${(event) => { event.preventDefault(); wished(); }} onClose=${shut}
    onClick=${(event) => { if (event.target === dialog.current) wished(); }}>
    <div class="dialog-box">
      <header>
        <h2 id=${titled} ref=${heading} tabindex="-1">${title}</h2>
        ${dismissable && html`<button type="button" class="icon-button" aria-label=${common("close")}
          data-testid=${testid && `${testid}_close_button`} onClick=${wished}>
          <${Icon} name="close" /></button>`}
      </header>
      <div class="dialog-body">${children}</div>
      ${actions && html`<footer class="actions">${actions}</footer>`}
    </div>
  </dialog>`;
}
