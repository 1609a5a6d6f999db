// A question over the screen: the browser's own dialog keeps the focus in and gives it back. Knows no question.

import { html, useEffect, useId, useRef } from "common/html.js";
import { common } from "common/texts.js";
import { Icon } from "common/ui/icon.js";

/**
 * @param {{open: boolean, title: unknown, onClose?: () => void, dismissable?: boolean, actions?: unknown,
 *   testid?: string, children?: unknown}} props without `onClose`, or when not `dismissable`, only what is inside
 *   can close it
 */
export function Dialog({ open, title, onClose, dismissable = Boolean(onClose), actions, testid, children, ...rest }) {
  const dialog = useRef(null);
  const titled = useId();

  useEffect(() => {
    if (!open) return undefined;
    const shown = dialog.current;
    const before = document.activeElement;
    if (!shown.open) shown.showModal();
    return () => {
      if (shown.open) shown.close();
      if (before?.isConnected && before !== document.body) before.focus({ preventScroll: true });
    };
  }, [open]);

  if (!open) return null;
  const wished = () => { if (dismissable) onClose?.(); };
  return html`<dialog ...${rest} ref=${dialog} class="dialog" data-testid=${testid} aria-labelledby=${titled}
    onCancel=${(event) => { event.preventDefault(); wished(); }}
    onClick=${(event) => { if (event.target === dialog.current) wished(); }}>
    <div class="dialog-box">
      <header>
        <h2 id=${titled}>${title}</h2>
        ${dismissable && html`<button type="button" class="icon-button" aria-label=${common("close")}
          data-testid=${testid && `${testid}_close_button`} onClick=${wished}><${Icon} name="close" /></button>`}
      </header>
      <div class="dialog-body">${children}</div>
      ${actions && html`<footer class="actions">${actions}</footer>`}
    </div>
  </dialog>`;
}
