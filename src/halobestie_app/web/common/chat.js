// The chat on the screen, the same for both sides: what was said, time left, who is there, and the composer.
//
//   const log = createChatLog({ api, socket, sessionId, me: "customer" });
//   log.start();                         // fetches what was said; log.stop() when the chat leaves the app
//   onFrame: (frame) => log.onFrame(frame) || …;   resume: () => ({ [sessionId]: log.lastSeq() })
//   html`<main class="chat-screen">
//     <${ChatView} session=${session} log=${log} me="customer" peerName="Ratih" /></main>`
//
// `session` is the newest session object of the server and rules all: clock, pause, end. The view tells the
// peer that this chat is looked at (`focus`), marks messages read once they were on the screen, and sends
// what waited when a pause is over. Nothing else is asked of the app. Model and its members: chat_log.js.

import { html, useEffect, useRef, useState } from "common/html.js";
import { time } from "common/texts.js";
import { Composer } from "common/chat_composer.js";
import { PeerState, TimeLeft } from "common/chat_head.js";
import { t } from "common/chat_texts.js";

export { createChatLog } from "common/chat_log.js";
export { forgetUnsent, goodbyeIn, keepGoodbye, unsentIn } from "common/chat_memory.js";
export { TimeLeft, timeLeft } from "common/chat_head.js";

const NEAR_BOTTOM = 64; // px
const TOP = "--hb-chat-top"; // where the head and its banner end: what is said in passing keeps below

/**
 * One chat, as tall as its parent (give that the class `chat-screen` to fill the window).
 *
 * @param {{session: object, log: object, me: "customer"|"mitra", peerName: string,
 *   disabled?: boolean,      // no composer input, for whatever reason the app has
 *   back?: object,           // before the name: a link or button
 *   actions?: object,        // at the end of the head: buttons such as "Perpanjang"
 *   covered?: boolean,       // something lies over it: nothing in it can be reached
 *   banner?: object,         // under the head: what concerns the whole chat
 *   children?: object,       // above the composer: cards such as an extension request
 * }} props
 */
export function ChatView({
  session, log, me, peerName, disabled, covered = false, back, actions, banner, children,
}) {
  const over = session.status === "ended";
  const paused = session.status === "extending";
  useFocusFrames(log, over);
  useEffect(() => {
    if (!paused && !over) log.flush();
  }, [log, paused, over]);
  return html`
    <section class="chat" aria-label=${t("chat_with", { name: peerName })} data-status=${session.status}
      inert=${covered}>
      <header class="chat-head">
        ${back}
        <div class="chat-who">
          <h1 class="chat-name" data-testid="chat_peer_name">${peerName}</h1>
          ${!over && html`<${PeerState} log=${log} />`}
        </div>
        ${!over && html`<${TimeLeft} session=${session} />`}
        ${actions}
      </header>
      ${banner}
      <${Messages} log=${log} me=${me} peerName=${peerName} over=${over} />
      <div class="chat-foot">
        <${Note} session=${session} me=${me} />
        ${children}
        ${!over && html`<${Composer} log=${log} disabled=${disabled || paused} paused=${paused} />`}
      </div>
    </section>
  `;
}

/** Tells the peer whether this chat is on the screen. */
function useFocusFrames(log, over) {
  useEffect(() => {
    if (over) return undefined;
    const tell = () => log.focus(document.visibilityState === "visible");
    tell();
    document.addEventListener("visibilitychange", tell);
    return () => {
      document.removeEventListener("visibilitychange", tell);
      log.focus(false);
    };
  }, [log, over]);
}

/** What the state of the chat means, in a sentence. */
function Note({ session, me }) {
  const key = { extending: `paused_${me}`, closing: "closing", ended: "ended" }[session.status];
  return html`<p class="chat-note" role="status" data-testid="chat_note" hidden=${!key}>${key && t(key)}</p>`;
}

/** What was said. Stays at the end, unless the reader went up. */
function Messages({ log, me, peerName, over }) {
  const area = useRef(null);
  const atEnd = useRef(true);
  const [news, setNews] = useState(0);
  const items = log.items.value;
  const loaded = log.loaded.value;
  const count = useRef(0);

  const toEnd = () => {
    const box = area.current;
    if (box) box.scrollTop = box.scrollHeight;
  };
  const looked = () => {
    if (document.visibilityState !== "visible" || !atEnd.current) return;
    setNews(0);
    if (!over) log.seen();
  };

  useEffect(() => {
    const more = items.length - count.current;
    const mine = items.at(-1)?.sender === me;
    if (count.current === 0 || atEnd.current || (more > 0 && mine)) {
      atEnd.current = true;
      toEnd();
      looked();
    } else if (more > 0) {
      setNews((before) => before + more);
    }
    count.current = items.length;
  }, [items, me]);

  useEffect(() => {
    const box = area.current;
    const top = document.documentElement.style;
    const onScroll = () => {
      atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_BOTTOM;
      looked();
    };
    // A keyboard that opens, or a composer that grows, must not hide the last words.
    const resized = new ResizeObserver(() => {
      if (atEnd.current) toEnd();
      top.setProperty(TOP, `${Math.round(box.getBoundingClientRect().top)}px`);
    });
    resized.observe(box);
    box.addEventListener("scroll", onScroll, { passive: true });
    document.addEventListener("visibilitychange", looked);
    return () => {
      top.removeProperty(TOP);
      resized.disconnect();
      box.removeEventListener("scroll", onScroll);
      document.removeEventListener("visibilitychange", looked);
    };
  }, [log, over]);

  return html`
    <div class="chat-scroll">
      <div class="chat-log" role="log" aria-label=${t("messages")} aria-busy=${!loaded} tabindex="0"
        ref=${area} data-testid="chat_log">
        ${!loaded && items.length === 0 && html`<${Waiting} problem=${log.problem.value} />`}
        ${loaded && items.length === 0 && html`
          <p class="chat-empty">${t(`empty_${me}`, { name: peerName })}</p>`}
        <ol>
          ${items.map((item, at) => html`
            <${Message} key=${item.key} item=${item} mine=${item.sender === me} log=${log}
              peerName=${peerName}
              follows=${at > 0 && items[at - 1].sender === item.sender} />`)}
        </ol>
        <p class="chat-typing" data-testid="chat_typing" hidden=${!log.peerTyping.value || over}>
          <span class="chat-dots" aria-hidden="true"><i></i><i></i><i></i></span>
          ${log.peerTyping.value && t("typing", { name: peerName })}
        </p>
      </div>
      ${news > 0 && html`
        <button type="button" class="chat-news" data-testid="chat_new_chip" onClick=${() => {
          atEnd.current = true;
          toEnd();
          looked();
        }}>↓ ${t("news", { count: news })}</button>`}
    </div>
  `;
}

function Waiting({ problem }) {
  return html`
    ${problem && html`<p class="chat-empty">${t("cannot_load")}</p>`}
    <div class="chat-skeleton" aria-hidden="true"><i></i><i></i><i></i><i></i></div>`;
}

function Message({ item, mine, follows, log, peerName }) {
  const state = item.state;
  return html`
    <li class=${`chat-message ${mine ? "mine" : "theirs"} ${follows ? "follows" : ""} ${state ?? ""}`}
      data-testid="chat_message" data-seq=${item.seq} data-state=${state}>
      <span class="unseen">${mine ? t("you") : peerName}: </span>
      <p class="chat-words" dir="auto">${item.text ?? t("erased")}</p>
      <span class="chat-meta">
        ${item.sentAt && html`<time datetime=${item.sentAt}>${time(item.sentAt)}</time>`}
        ${state && html`<${Mark} state=${state} />`}
      </span>
      ${state === "failed" && html`
        <span class="chat-again">
          ${t(item.code === "SESSION_NOT_ACTIVE" ? "failed_over" : "failed")}
          ${item.code !== "SESSION_NOT_ACTIVE" && html`
            <button type="button" data-testid="chat_retry_button"
              onClick=${() => log.retry(item.key)}>${t("again")}</button>`}
          <button type="button" data-testid="chat_discard_button"
            onClick=${() => log.discard(item.key)}>${t("drop")}</button>
        </span>`}
    </li>
  `;
}

const SHAPES = {
  pending: "M8 4.5V8l2.5 1.5M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z",
  sent: "M3 8.5 6.5 12 13 4.5",
  read: "M1 8.5 4.5 12 11 4.5M7.5 11 8.5 12 15 4.5",
  failed: "M8 4v5m0 2.5v.5M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z",
};

/** A small picture of how far a message is, and the same in words. */
function Mark({ state }) {
  return html`
    <span class="chat-mark" title=${t(`mark_${state}`)}>
      <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${SHAPES[state]} /></svg>
      <span class="unseen">${t(`mark_${state}`)}</span>
    </span>`;
}
