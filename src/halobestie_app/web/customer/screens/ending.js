// The end of a chat by its customer: asked, asked again, then last words, or none.

import { goodbyeIn, keepGoodbye, timeLeft } from "common/chat.js";
import { html, useEffect, useState } from "common/html.js";
import { duration } from "common/texts.js";
import { Button, Dialog, Field } from "common/ui.js";
import { end } from "../model/talking.js";
import { t } from "../texts.js";

const LONGEST = 1000; // characters of last words, as the server counts them

export function Ending({ open, close, session, name }) {
  const [step, setStep] = useState(0);
  useEffect(() => {
    if (open) setStep(0);
  }, [open]);
  if (!open) return null;
  if (step === 0) {
    const time = session.status === "closing" ? 0 : timeLeft(session);
    const text = time > 0 ? t("end_sure_text", { left: duration(time) }) : t("end_sure_over");
    return html`<${Ask} key="sure" title=${t("end_sure")} text=${text} yes=${t("end_yes")} testid="end_sure"
      close=${close} go=${() => setStep(1)} kind="primary" />`;
  }
  if (step === 1) {
    const text = t("end_really_text", { name });
    return html`<${Ask} key="really" title=${t("end_really")} text=${text} yes=${t("end_do")}
      testid="end_really" close=${close} go=${() => setStep(2)} kind="danger" />`;
  }
  return html`<${Goodbye} key="goodbye" close=${close} session=${session} name=${name} />`;
}

function Ask({ title, text, yes, testid, close, go, kind }) {
  return html`<${Dialog} open title=${title} onClose=${close} testid=${`${testid}_dialog`}
    actions=${html`
      <${Button} kind="quiet" testid=${`${testid}_no_button`} onClick=${close}>${t("end_no")}<//>
      <${Button} kind=${kind} testid=${`${testid}_yes_button`} onClick=${go}>${yes}<//>`}>
    <p>${text}</p>
  <//>`;
}

function Goodbye({ close, session, name }) {
  const [words, write] = useState(() => goodbyeIn(session.id));
  const said = words.trim();
  const long = [...said].length > LONGEST;
  const done = async (message) => {
    await end(session, message);
    close();
  };
  return html`<${Dialog} open title=${t("goodbye_title", { name })} onClose=${close} testid="goodbye_dialog"
    actions=${html`
      <${Button} kind="quiet" testid="goodbye_skip_button" onClick=${() => done("")}>
        ${t("goodbye_skip")}<//>
      <${Button} testid="goodbye_send_button" disabled=${!said || long} onClick=${() => done(said)}>
        ${t("goodbye_send")}<//>`}>
    <${Field} multiline label=${t("goodbye_label")} hint=${t("goodbye_text")} testid="goodbye_input"
      error=${long ? t("goodbye_long") : ""} value=${words}
      onInput=${(event) => {
        write(event.currentTarget.value);
        keepGoodbye(session.id, event.currentTarget.value);
      }} />
  <//>`;
}
