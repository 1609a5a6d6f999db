// A dialog in which an operator does something: a form that is sent once, and that says what went wrong in its place.
import { html, useEffect, useState } from "common/html.js";
import { Button, Dialog, Notice } from "common/ui.js";
import { problemText } from "common/texts.js";
import { work } from "./words.js";

/**
 * Ask, send, close.
 *
 * @param {{open: boolean, title: string, submit: string, kind?: string, disabled?: boolean, testid: string,
 *   bare?: boolean, onSubmit: () => Promise<void>, onClose: () => void, explain?: (error: Error) => any, children: any}} props
 *   `onSubmit` throws when it did not work; `explain` may say why better than the code of the problem does.
 *   `bare`: without buttons, where what is inside has its own.
 */
export function Doing({ open, title, submit, kind, disabled, bare, testid, onSubmit, onClose, explain, children }) {
  const [wrong, setWrong] = useState(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (open) setWrong(null);
  }, [open]);

  const send = async (event) => {
    event?.preventDefault();
    if (busy || disabled) return;
    setBusy(true);
    setWrong(null);
    try {
      await onSubmit();
    } catch (error) {
      setWrong(error);
    } finally {
      setBusy(false);
    }
  };

  return html`<${Dialog} open=${open} title=${title} onClose=${onClose} testid=${`${testid}_dialog`}>
    <form class="work-doing" onSubmit=${send} noValidate>
      ${children}
      <div role="alert" class="work-doing-wrong">
        ${wrong && html`<${Notice} kind="bad" testid=${`${testid}_problem`}>${explain?.(wrong) ?? problemText(wrong)}<//>`}
      </div>
      ${!bare &&
      html`<div class="work-doing-buttons">
        <${Button} kind="quiet" type="button" onClick=${onClose} testid=${`${testid}_cancel_button`}>${work("cancel")}<//>
        <${Button}
          kind=${kind ?? "primary"}
          type="submit"
          busy=${busy}
          disabled=${disabled}
          testid=${`${testid}_submit_button`}
        >
          ${submit}
        <//>
      </div>`}
    </form>
  <//>`;
}
