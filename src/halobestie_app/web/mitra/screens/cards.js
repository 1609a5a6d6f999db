// What wants an answer: requests to talk, requests for more time. As cards over any screen, and in lists.

import { html, signal, useEffect, useId, useState } from "common/html.js";
import { go, route } from "common/router.js";
import { clock } from "common/texts.js";
import { secondsLeft } from "common/time.js";
import { Button, Countdown } from "common/ui.js";
import { accept, decline, desk, respond } from "../model/app.js";
import { t } from "../texts.js";

/** Whether somebody needs to be met with special care. */
export function Topic({ sensitivity }) {
  return html`<span class="topic" data-topic=${sensitivity} data-testid="topic">${t(sensitivity)}</span>`;
}

/**
 * A question over the screen makes way for a new card, whose seconds run: it closes, and what it asked is not
 * done.
 *
 * @param {{value: boolean}} open signal: whether the question is asked
 */
export function useMakeWay(open) {
  const came = desk.arrivals.value;
  useEffect(() => { open.value = false; }, [came]);
}

/** Ids of cards that were made small; they stay so until they are tapped, or over. */
const small = signal(new Set());

function turn(id, on) {
  const others = [...small.peek()].filter((one) => one !== id);
  small.value = new Set(on ? [...others, id] : others);
}

/** The card that is most urgent, over any screen but the one that shows it anyway. */
export function Cards() {
  const [place, id] = route.value.parts;
  const here = (one) => place === "extensions" || (place === "chat" && one.session_id === id);
  const asked = desk.extensions.value.filter((one) => !here(one));
  const offered = place === "invitations" ? [] : desk.offers.value;
  const first = asked[0] ?? offered[0];
  const others = asked.length + offered.length - 1;
  const where = asked.length > 1 ? "extensions" : "invitations";
  return html`
    <section class="cards" aria-label=${t("cards")} data-testid="cards">
      ${first && html`<${Over} key=${first.id} card=${first} others=${others} />`}
      ${others > 0 && !small.value.has(first.id) && html`
        <${Button} kind="link" testid="cards_more_button" onClick=${() => go(`/${where}`)}>
          ${t("more_cards", { count: others, place: t(where) })}<//>`}
      <${Spoken}
        text=${first ? `${title(first)}: ${sentence(first)}` : ""} />
    </section>`;
}

/** One card over a screen: whole, or as a line of its own. */
function Over({ card, others }) {
  if (small.value.has(card.id)) {
    return html`
      <button type="button" class="card-small" data-testid="card_small" onClick=${() => turn(card.id, false)}>
        <span>${sentence(card)}</span>
        <span role="timer">${clock(secondsLeft(card.deadline_at))}</span>
        ${others > 0 && html`
          <span class="badge"><span aria-hidden="true">+${others}</span>
            <span class="unseen">${t("more", { count: others })}</span></span>`}
      </button>`;
  }
  const shrink = html`
    <button type="button" class="icon-button" aria-label=${t("make_small")} data-testid="card_small_button"
      onClick=${() => turn(card.id, true)}>
      <svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor"
        stroke-width="2" stroke-linecap="round" aria-hidden="true"><path d="M6 15l6-6 6 6" /></svg>
    </button>`;
  return card.session_id
    ? html`<${ExtensionCard} extension=${card} corner=${shrink} />`
    : html`<${OfferCard} offer=${card} corner=${shrink} />`;
}

/** Says a new card at once to whoever cannot see it; the countdown in it is not repeated. */
function Spoken({ text }) {
  const [said, say] = useState("");
  useEffect(() => say(text), [text]);
  return html`<p class="unseen" role="alert">${said}</p>`;
}

const title = (card) => t(card.session_id ? "extension_title" : `offer_${card.kind}`);
const about = (card) => ({ name: card.customer.display_name, minutes: card.duration_minutes });

function sentence(card) {
  return t(card.session_id ? "extension_text" : "offer_text", about(card));
}

/** @param {{offer: object, corner?: object}} props an offer of the desk; what is in the card's corner */
export function OfferCard({ offer, corner }) {
  const titled = useId();
  return html`
    <article class="card request" aria-labelledby=${titled} data-testid="offer_card" data-id=${offer.id}
      data-kind=${offer.kind}>
      <div class="request-head">
        <div>
          <h2 id=${titled}>${title(offer)}</h2>
          <p class="request-who" data-testid="offer_text">${t("offer_text", about(offer))}</p>
          <${Topic} sensitivity=${offer.topic_sensitivity} />
        </div>
        <${Countdown} until=${offer.deadline_at} total=${offer.total} testid="offer_countdown" />
        ${corner}
      </div>
      <${Overdue} until=${offer.deadline_at} />
      <div class="actions">
        <${Button} kind="quiet" testid="offer_decline_button"
          onClick=${() => decline(offer)}>${t("decline")}<//>
        <${Button} class="teal" testid="offer_accept_button" onClick=${() => accept(offer)}>${t("accept")}<//>
      </div>
    </article>`;
}

/**
 * @param {{extension: object, inChat?: boolean, corner?: object}} props a pending extension; `inChat`: its
 *   chat is on the screen, and says by itself what it is about; what is in the card's corner
 */
export function ExtensionCard({ extension, inChat = false, corner }) {
  const titled = useId();
  const { timeout_seconds: seconds, default_action: policy } = extension;
  const session = desk.session(extension.session_id);
  return html`
    <article class="card request extension" aria-labelledby=${titled} data-testid="extension_card"
      data-id=${extension.id}>
      <div class="request-head">
        <div>
          <h2 id=${titled}>${title(extension)}</h2>
          <p class="request-who" data-testid="extension_text">${sentence(extension)}</p>
          ${session && !inChat && html`<${Topic} sensitivity=${session.topic_sensitivity} />`}
          <p class="soft" data-testid="extension_silence_text">${t(`silence_${policy}`, { seconds })}</p>
        </div>
        <${Countdown} until=${extension.deadline_at} total=${seconds} testid="extension_countdown" />
        ${corner}
      </div>
      <${Overdue} until=${extension.deadline_at} />
      <div class="actions">
        <${Button} kind="quiet" testid="extension_decline_button"
          onClick=${() => respond(extension, false)}>${t("refuse")}<//>
        <${Button} class="teal" testid="extension_accept_button"
          onClick=${() => respond(extension, true)}>${t("approve")}<//>
      </div>
      ${!inChat && html`
        <${Button} kind="link" testid="extension_open_button"
          onClick=${() => go(`/chat/${extension.session_id}`)}>
          ${t("open_chat")}<//>`}
    </article>`;
}

/** The clock here is over, the server's word has not come yet: a card goes when the server says so. */
function Overdue({ until }) {
  const over = secondsLeft(until) === 0;
  return html`<p class="soft overdue" role="status" hidden=${!over}>${over && t("offer_overdue")}</p>`;
}
