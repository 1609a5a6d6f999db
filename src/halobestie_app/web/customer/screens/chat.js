// The customer's side of a chat: around the view that both sides share, time, pause, more time and the end.

import { ChatView, timeLeft } from "common/chat.js";
import { html, useEffect, useRef, useState } from "common/html.js";
import { clock } from "common/texts.js";
import { secondsLeft } from "common/time.js";
import { Button, Countdown, Notice, Problem } from "common/ui.js";
import { evening, leave, left, log, takeUp } from "../model/app.js";
import { askForMore, extendProblem, extending, refusal } from "../model/talking.js";
import { t } from "../texts.js";
import { Ending } from "./ending.js";
import { Extend } from "./extend.js";

const SOON = 60; // seconds of paid time that bring the banner

export function Chat() {
  const session = evening.session.value;
  const [ending, setEnding] = useState(false);
  const name = session.mitra.display_name;
  const around = useRef(null);
  const paused = session.status === "extending";
  useEffect(() => { document.title = `${name} · Halo Bestie`; }, [name]);
  useFocusOver(around, paused);
  if (!log.value) return null;
  const end = () => setEnding(true);
  return html`<main class="chat-screen" data-testid="chat_screen" ref=${around}>
    <${ChatView} session=${session} log=${log.value} me="customer" peerName=${name} covered=${paused}
      banner=${html`<${Bar} session=${session} end=${end} />`}>
      <${OfMore} session=${session} name=${name} />
    <//>
    ${paused && html`<${Paused} session=${session} name=${name} end=${end} />`}
    <${Extend} session=${session} name=${name} />
    <${Ending} open=${ending} close=${() => setEnding(false)} session=${session} name=${name} />
  </main>`;
}

/** While a pause lies over the chat the focus is there, then in the composer; no dialog loses it. */
function useFocusOver(around, paused) {
  useEffect(() => {
    if (!paused) return undefined;
    const on = (selector) => {
      if (!document.querySelector("dialog[open]")) around.current?.querySelector(selector)?.focus();
    };
    on(".chat-overlay h2");
    return () => on("[data-testid=chat_input]");
  }, [paused]);
}

/** Under the head: what one may do about the time, and, near the end of it, that it is near. */
function Bar({ session, end }) {
  const time = timeLeft(session);
  const closing = session.status === "closing";
  const soon = session.status === "active" && time <= SOON;
  const kind = closing ? "closing" : soon ? "soon" : "calm";
  return html`<div class="chat-bar" data-kind=${kind} data-testid="chat_bar">
    <p data-testid="chat_banner" hidden=${kind === "calm"}>
      <strong role="status">${kind !== "calm" && t(closing ? "closing_title" : "soon_title")}</strong>
      ${kind !== "calm" && html`
        <span>${closing ? t("closing_text", { left: clock(time) }) : t("soon_text")}</span>`}</p>
    <div class="chat-bar-actions">
      <${Button} kind=${kind === "calm" ? "quiet" : "primary"} testid="chat_extend_button"
        disabled=${session.status === "extending"} onClick=${() => {
          const more = evening.more.peek();
          if (more) takeUp(more.id);
          extending.value = true;
        }}>${t("chat_extend")}<//>
      <${Button} kind="quiet" testid="chat_end_button" onClick=${end}>${t("chat_end_long")}<//>
    </div>
  </div>`;
}

/** Above the composer: how it stands with more time, as far as it needs somebody's attention. */
function OfMore({ session, name }) {
  const more = evening.more.value;
  if (!more || extending.value) return null;
  const time = secondsLeft(more.expires_at);
  const said = refusal(more, evening.extension.value);
  if (said) {
    return html`<${Notice} kind="info" live testid="extend_refused_notice"
      action=${html`<${Button} kind="link" onClick=${() => leave(more.id)}>${t("ok")}<//>`}>
      ${t(said, { name })}<//>`;
  }
  if (more.status === "pending" && left.value.has(more.id) && time > 0) {
    return html`<${Notice} kind="warning" testid="extend_pending_notice"
      action=${html`<${Button} kind="link" onClick=${() => {
        takeUp(more.id);
        extending.value = true;
      }}>${t("extend_bar_action")}<//>`}>${t("extend_bar", { left: clock(time) })}<//>`;
  }
  if (more.status === "confirmed" && session.status !== "extending") {
    return html`<${Notice} kind="good" testid="extend_paid_notice"
      action=${html`<${Button} kind="quiet" testid="extend_use_button"
        onClick=${() => askForMore(session, more)}>${t("extend_use")}<//>`}>
      ${t("extend_paid", { count: more.duration_minutes })}
      ${extendProblem.value && html`<${Problem} error=${extendProblem.value} />`}<//>`;
  }
  return null;
}

/** Over the chat while an extension waits for its answer. */
function Paused({ session, name, end }) {
  const extension = evening.extension.value;
  const waiting = extension?.status === "pending" && extension.session_id === session.id;
  const silence = waiting && extension.default_action === "auto_approve" ? "paused_approve" : "paused_reject";
  return html`<div class="chat-overlay" data-testid="chat_paused_overlay">
    <div class="card overlay-card" role="status">
      <h2 tabindex="-1">${t("paused_title", { name })}</h2>
      ${waiting && html`<${Countdown} until=${extension.deadline_at} total=${extension.timeout_seconds}
        testid="chat_paused_countdown" onEnd=${() => setTimeout(evening.refresh, 1500)} />`}
      <p>${t("paused_text")}</p>
      ${waiting && html`<p class="soft">${t(silence)}</p>`}
    </div>
    <${Button} kind="link" testid="chat_paused_end_button" onClick=${end}>${t("chat_end_long")}<//>
  </div>`;
}
