// The chats that are running: whose, how much time is left, what is unread.

import { html } from "common/html.js";
import { TimeLeft } from "common/chat.js";
import { go } from "common/router.js";
import { Empty } from "common/ui.js";
import { desk, logs } from "../model/app.js";
import { t } from "../texts.js";
import { Topic } from "./cards.js";

/** @param {{here?: string}} props the chat on the screen, if it is one of them */
export function ChatList({ here }) {
  const live = desk.live.value;
  if (live.length === 0) {
    const online = desk.status.value?.is_online;
    return html`<${Empty} testid="chats_empty" title=${t("no_chats")}
      text=${t(online ? "no_chats_online" : "no_chats_offline")} />`;
  }
  return html`
    <ul class="chats" data-testid="chat_list">
      ${live.map((session) => html`
        <${ChatItem} key=${session.id} session=${session} here=${session.id === here} />`)}
    </ul>`;
}

function ChatItem({ session, here }) {
  const log = logs.value.get(session.id);
  const last = log?.items.value.at(-1);
  const unread = log?.unread.value ?? 0;
  const path = `/chat/${session.id}`;
  const topic = html`<${Topic} sensitivity=${session.topic_sensitivity} />`;
  return html`
    <li>
      <a class="chat-item" href=${`#${path}`} data-testid="chat_item" data-id=${session.id}
        data-unread=${unread}
        aria-current=${here ? "page" : undefined}
        onClick=${(event) => {
          event.preventDefault();
          go(path);
        }}>
        <span class="avatar" aria-hidden="true">${[...session.customer.display_name][0]}</span>
        <span class="chat-item-words">
          <strong>${session.customer.display_name}</strong>
          <span class="soft">${state(session) ?? last?.text ?? topic}</span>
        </span>
        <span class="chat-item-end">
          <${TimeLeft} session=${session} testid="chat_item_time" />
          ${unread > 0 && html`<${Unread} count=${unread} />`}
        </span>
      </a>
    </li>`;
}

function state(session) {
  return { extending: t("extending"), closing: t("closing") }[session.status];
}

/** A number that says in words what it counts. */
export function Unread({ count, testid = "chat_unread" }) {
  return html`
    <span class="badge" data-testid=${testid}><span aria-hidden="true">${count}</span>
      <span class="unseen">${t("unread", { count })}</span></span>`;
}
