// Having a customer forgotten: for a reason, with a word that nobody types by mistake.
import { html, useEffect, useState } from "common/html.js";
import { Button, Field, Notice, toast } from "common/ui.js";
import { api } from "../api.js";
import { erasing as t } from "./story_texts.js";
import { Doing } from "./parts/doing.js";
import { work } from "./parts/words.js";

/** @param {{customer: {id: string, display_name: string}, onDone: () => void}} props */
export function Erase({ customer, onDone }) {
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  useEffect(() => {
    setReason("");
    setTyped("");
  }, [open]);

  const send = async () => {
    const body = { reason: reason.trim() };
    const answer = await api.post(`/internal/customers/${customer.id}/erase`, body, { key: true });
    toast(t(answer.state === "erased" ? "done_erased" : "done_waiting"), "good");
    setOpen(false);
    onDone();
  };

  return html`<${Button} kind="quiet" onClick=${() => setOpen(true)}
    testid="customer_erase_button">${t("button")}<//>
    <${Doing}
      open=${open}
      title=${t("title")}
      submit=${t("submit")}
      kind="danger"
      disabled=${reason.trim() === "" || typed.trim().toUpperCase() !== t("word")}
      testid="customer_erase"
      onSubmit=${send}
      onClose=${() => setOpen(false)}
    >
      <p><strong>${customer.display_name}</strong></p>
      <${Notice} kind="warning">${t("what")}<//>
      <p>${t("waits")}</p>
      <${Field}
        label=${work("reason")}
        hint=${t("reason_hint")}
        maxlength="500"
        value=${reason}
        onInput=${(event) => setReason(event.currentTarget.value)}
        testid="customer_erase_reason_input"
      />
      <${Field}
        label=${t("typed", { word: t("word") })}
        autocomplete="off"
        value=${typed}
        onInput=${(event) => setTyped(event.currentTarget.value)}
        testid="customer_erase_typed_input"
      />
    <//>`;
}
