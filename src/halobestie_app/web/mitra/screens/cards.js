// What wants an answer: requests to talk, requests for more time. As cards over any screen, and in lists.

import { html, useEffect, useId, useState } from "common/html.js";
import { go, route } from "common/router.js";
import { secondsLeft } from "common/time.js";
import { Button, Countdown } from "common/ui.js";
import { accept, decline, desk, respond } from "../model/app.js";
import { t } from "../texts.js";

/** Whether somebody needs to be met with special care. */
export function Topic({ sensitivity }) {
  return html`<span class="topic" data-topic=${sensitivity} data-testid="topic">${t(sensitivity)}</span>`;
}

/** The card that is most urgent, over any screen but the one that shows it anyway. */
export function Cards() {
  const [place, id] = route.value.parts;
  const asked = place === "extensions" ? [] : desk.extensions.value.filter((one) => !(place === "chat" && one.session_id === id));
  const offered = place === "invitations" ? [] : desk.offers.value;
  const first = asked[0] ?? offered[0];
  const others = asked.length + offered.length - 1;
  const where = asked.length > 1 ? "extensions" : "invitations";
  return html`
    <section class="cards" aria-label=${t("cards")} data-testid="cards">
      ${first && (asked.length
        ? html`<${ExtensionCard} key=${first.id} extension=${first} />`
        : html`<${OfferCard} key=${first.id} offer=${first} />`)}
      ${others > 0 && html`
        <${Button} kind="link" testid="cards_more_button" onClick=${() => go(`/${where}`)}>
          ${t("more_cards", { count: others, place: t(where) })}<//>`}
      <${Spoken} text=${first ? sentence(first) : ""} />
    </section>`;
}

/** Says a new card at once to whoever cannot see it; the countdown in it is not repeated. */
function Spoken({ text }) {
  const [said, say] = useState("");
  useEffect(() => say(text), [text]);
  return html`<p class="unseen" role="alert">${said}</p>`;
}

function sentence(card) {
  const about = { name: card.customer.display_name, minutes: card.duration_minutes };
  return card.session_id ? t("extension_text", about) : `${t(`offer_${card.kind}`)}: ${t("offer_text", about)}`;
}

/** @param {{offer: object}} props an offer of the desk */
export function OfferCard({ offer }) {
  const title = useId();
  return html`
    <article class="card request" aria-labelledby=${title} data-testid="offer_card" data-id=${offer.id} data-kind=${offer.kind}>
      <div class="request-head">
        <div>
          <h2 id=${title}>${t(`offer_${offer.kind}`)}</h2>
          <p class="request-who" data-testid="offer_text">${t("offer_text", {
            name: offer.customer.display_name,
            minutes: offer.duration_minutes,
          })}</p>
          <${Topic} sensitivity=${offer.topic_sensitivity} />
        </div>
        <${Countdown} until=${offer.deadline_at} total=${offer.total} testid="offer_countdown" />
      </div>
      <${Overdue} until=${offer.deadline_at} />
      <div class="actions">
        <${Button} kind="quiet" testid="offer_decline_button" onClick=${() => decline(offer)}>${t("decline")}<//>
        <${Button} class="teal" testid="offer_accept_button" onClick=${() => accept(offer)}>${t("accept")}<//>
      </div>
    </article>`;
}

/**
 * @param {{extension: object, inChat?: boolean}} props a pending extension; `inChat`: its chat is on the screen
 */
export function ExtensionCard({ extension, inChat = false }) {
  const title = useId();
  const { customer, duration_minutes: minutes, timeout_seconds: seconds, default_action: policy } = extension;
  return html`
    <article class="card request extension" aria-labelledby=${title} data-testid="extension_card" data-id=${extension.id}>
      <div class="request-head">
        <div>
          <h2 id=${title}>${t("extension_title")}</h2>
          <p class="request-who" data-testid="extension_text">${t("extension_text", { name: customer.display_name, minutes })}</p>
          <p class="soft" data-testid="extension_silence_text">${t(`silence_${policy}`, { seconds })}</p>
        </div>
        <${Countdown} until=${extension.deadline_at} total=${seconds} testid="extension_countdown" />
      </div>
      <${Overdue} until=${extension.deadline_at} />
      <div class="actions">
        <${Button} kind="quiet" testid="extension_decline_button" onClick=${() => respond(extension, false)}>${t("refuse")}<//>
        <${Button} class="teal" testid="extension_accept_button" onClick=${() => respond(extension, true)}>${t("approve")}<//>
      </div>
      ${!inChat && html`
        <${Button} kind="link" testid="extension_open_button" onClick=${() => go(`/chat/${extension.session_id}`)}>
          ${t("open_chat")}<//>`}
    </article>`;
}

/** The clock here is over, the server's word has not come yet: a card goes when the server says so. */
function Overdue({ until }) {
  const over = secondsLeft(until) === 0;
  return html`<p class="soft overdue" role="status" hidden=${!over}>${over && t("offer_overdue")}</p>`;
}
