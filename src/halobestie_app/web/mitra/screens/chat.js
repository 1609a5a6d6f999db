// One chat on the screen, the others a tap away; more time is answered in it, and it is ended in it.

import { ChatView } from "common/chat.js";
import { html, useEffect, useSignal } from "common/html.js";
import { go } from "common/router.js";
import { Button, Dialog, Skeleton } from "common/ui.js";
import { Icon } from "common/ui/icon.js";
import { common } from "common/texts.js";
import { desk, endChat, logs, lookBack } from "../model/app.js";
import { t } from "../texts.js";
import { ExtensionCard, Topic, useMakeWay } from "./cards.js";
import { ChatList, Unread } from "./chat_list.js";

/** @param {{id: string}} props of the session */
export function ChatScreen({ id }) {
  const ready = desk.ready.value;
  const session = desk.session(id);
  const log = logs.value.get(id);
  useEffect(() => {
    if (ready && !session) lookBack(id);
  }, [ready, id, !session]);
  const several = desk.live.value.length > (session?.status === "ended" ? 0 : 1);
  return html`
    <div class="desk-of-chats">
      <aside class="chats-beside" aria-label=${t("chats")}><h2 class="section">${t("chats")}</h2><${ChatList}
        here=${id} /></aside>
      <main class="chat-screen" data-testid="chat_screen" data-id=${id}>
        ${several && html`<${Tabs} here=${id} />`}
        ${session && log
          ? html`<${Open} session=${session} log=${log} />`
          : html`<div class="chat-waits"><${Skeleton} shape="card" lines=${4} /></div>`}
      </main>
    </div>`;
}

/** The chats that are running, side by side: for phones. */
function Tabs({ here }) {
  return html`
    <nav class="chat-tabs" aria-label=${t("chats")} data-testid="chat_tabs">
      ${desk.live.value.map((session) => {
        const unread = session.id === here ? 0 : logs.value.get(session.id)?.unread.value ?? 0;
        return html`
          <button type="button" key=${session.id} data-testid="chat_tab" data-id=${session.id}
            data-status=${session.status}
            aria-current=${session.id === here ? "page" : undefined}
              onClick=${() => go(`/chat/${session.id}`)}>
            <span>${session.customer.display_name}</span>
            ${unread > 0 && html`<${Unread} count=${unread} testid="chat_tab_unread" />`}
          </button>`;
      })}
    </nav>`;
}

function Open({ session, log }) {
  const ending = useSignal(false);
  useMakeWay(ending);
  const name = session.customer.display_name;
  const extension = desk.extensionOf(session.id);
  const closing = session.status === "closing";
  const back = html`
    <button type="button" class="icon-button" aria-label=${common("back")} data-testid="chat_back_button"
      onClick=${() => go("/")}><${Icon} name="back" /></button>`;
  const banner = html`<div class="chat-topic"><${Topic} sensitivity=${session.topic_sensitivity} /></div>`;
  const end = closing && html`
    <${Button} kind="quiet" testid="chat_end_button"
      onClick=${() => { ending.value = true; }}>${t("end")}<//>`;
  return html`
    <${ChatView} session=${session} log=${log} me="mitra" peerName=${name} back=${back} actions=${end}
      banner=${banner}>
      ${extension && session.status !== "ended" && html`<${ExtensionCard} extension=${extension} inChat />`}
      ${session.status === "ended" && html`
        <${Button} testid="chat_home_button" onClick=${() => go("/")}>${t("to_home")}<//>`}
    <//>
    <${Dialog} open=${ending.value && closing} title=${t("end_title")} testid="chat_end_dialog"
      onClose=${() => { ending.value = false; }}
      actions=${html`
        <${Button} kind="quiet" testid="chat_end_cancel_button"
          onClick=${() => { ending.value = false; }}>${common("cancel")}<//>
        <${Button} kind="danger" testid="chat_end_confirm_button"
          onClick=${() => endChat(session)}>${t("end_yes")}<//>`}>
      <p>${t("end_text", { name })}</p>
    <//>`;
}
