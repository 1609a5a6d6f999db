// A chat that ended without this person's doing: by time, by the bestie, by the team.

import { goodbyeIn, keepGoodbye, unsentIn } from "common/chat.js";
import { html, useState } from "common/html.js";
import { replace } from "common/router.js";
import { rupiah } from "common/texts.js";
import { Button, Icon, Notice, Page, toast } from "common/ui.js";
import { evening, leave } from "../model/app.js";
import { isForThis } from "../model/talking.js";
import { t } from "../texts.js";
import { Support } from "./parts.js";

export function Over() {
  const session = evening.session.value;
  const more = evening.more.value; // paid for, too late to be used: it comes back
  const owed = more && more.amount > 0 && isForThis(session, more)
    && (more.status === "confirmed" || more.refund === "due");
  const text = t(`over_${session.end_reason ?? "time_up"}`, { name: session.mitra.display_name });
  return html`<${Page} title=${t("over_title")} testid="over_screen" class="moment"
    bottom=${html`<${Button} testid="over_home_button" onClick=${() => {
      keepGoodbye(session.id, "");
      leave(session.id);
      replace("/");
    }}>${t("over_home")}<//>`}>
    <span class="empty-icon"><${Icon} name="heart" size=${32} /></span>
    <p class="lead">${text}</p>
    <${Unkept} session=${session} />
    ${unsentIn(session.id) > 0 && html`<${Notice} kind="warning" testid="over_unsent">
      ${t("over_unsent")}<//>`}
    ${owed && html`<${Notice} kind="info" testid="over_money">
      ${t("failed_refund", { amount: rupiah(more.amount) })}<//>`}
    ${session.end_reason === "operator_ended" && html`<${Support} />`}
  <//>`;
}

/** Closing words that came too late: theirs to keep. */
function Unkept({ session }) {
  const [words] = useState(() => goodbyeIn(session.id));
  if (!words.trim()) return null;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(words);
      toast(t("copied"), "good");
    } catch {
      toast(t("copy_yourself"), "warning");
    }
  };
  return html`<${Notice} kind="warning" testid="over_goodbye_unkept"
    action=${navigator.clipboard && html`<${Button} kind="quiet" testid="over_copy_button" onClick=${copy}>
      ${t("copy")}<//>`}>
    ${t("goodbye_unkept")}<blockquote class="words" dir="auto">${words}</blockquote><//>`;
}
