// A dialog in which an operator does something: a form that is sent once, and that says what went wrong in
// its place.
import { html, useEffect, useRef, useState } from "common/html.js";
import { Button, Dialog, Notice } from "common/ui.js";
import { problemText } from "common/texts.js";
import { work } from "./words.js";

/**
 * Ask, send, close.
 *
 * @param {{open: boolean, title: string, submit: string, kind?: string, disabled?: boolean, testid: string,
 *   bare?: boolean, onSubmit: () => Promise<void>, onClose: () => void, explain?: (error: Error) => any,
 *   children: any}} props
 *   `onSubmit` throws when it did not work; `explain` may say why better than the code of the problem does.
 *   `bare`: without buttons, where what is inside has its own.
 */
export function Doing({
  open,
  title,
  submit,
  kind,
  disabled,
  bare,
  testid,
  onSubmit,
  onClose,
  explain,
  children,
}) {
  const [wrong, setWrong] = useState(null);
  const [busy, setBusy] = useState(false);
  const form = useRef(null);
  useEffect(() => {
    if (!open) return;
    setWrong(null);
    // What is to be filled in, or else the way out: never the button that does it.
    form.current
      ?.querySelector("input:not([readonly]), select, textarea, .work-doing-buttons button")
      ?.focus();
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
    <form class="work-doing" ref=${form} onSubmit=${send} noValidate>
      ${children}
      <div role="alert" class="work-doing-wrong">
        ${wrong && html`<${Notice} kind="bad"
          testid=${`${testid}_problem`}>${explain?.(wrong) ?? problemText(wrong)}<//>`}
      </div>
      ${
        !bare &&
        html`<div class="work-doing-buttons">
        <${Button} kind="quiet" type="button" onClick=${onClose}
          testid=${`${testid}_cancel_button`}>${work("cancel")}<//>
        <${Button}
          kind=${kind ?? "primary"}
          type="submit"
          busy=${busy}
          disabled=${disabled}
          testid=${`${testid}_submit_button`}
        >
          ${submit}
        <//>
      </div>`
      }
    </form>
  <//>`;
}
