// What a mitra answers: requests to talk, requests for more time, and the end of a chat.
//
// A card goes only when the server has the answer, or says that it is of no more use.

import { go } from "common/router.js";
import { problemText } from "common/texts.js";
import { toast } from "common/ui.js";
import { t } from "../texts.js";

/** Refusals after which a card is of no more use, and why. */
const CARD_OVER = {
  ALREADY_TAKEN: "taken",
  REQUEST_CLOSED: "closed",
  NOT_FOUND: "closed",
  INVALID_STATE: "closed",
};

/** Refusals that leave the card where it is: they may pass. */
const REFUSED = { MITRA_OFFLINE: "accept_offline", AT_CAPACITY: "accept_full" };

/** @param {{api: object, desk: object, presence: object}} given */
export function createAnswers({ api, desk, presence }) {
  /** Ids of what is being answered here: what the server says of it meanwhile is no news. */
  const answering = new Set();

  async function answerOffer(offer, answer) {
    if (answer === "decline") answering.add(offer.id);
    try {
      const done = await api.post(`/api/mitra/chat-requests/${offer.id}/${answer}`);
      desk.answeredOffer(offer.id);
      return done;
    } catch (error) {
      answering.delete(offer.id);
      if (error.code === "MITRA_OFFLINE") await presence.ask();
      if (CARD_OVER[error.code]) desk.closed(offer.id, CARD_OVER[error.code]);
      else if (REFUSED[error.code]) toast(t(REFUSED[error.code]), "warning");
      else toast(problemText(error), "bad");
      return null;
    } finally {
      answering.delete(offer.id);
    }
  }

  /** Take a request, and go to the chat that it becomes. */
  async function accept(offer) {
    const done = await answerOffer(offer, "accept");
    if (!done) return;
    desk.went(done.session);
    go(`/chat/${done.session_id}`);
  }

  /** Say no to a request. */
  async function decline(offer) {
    const name = offer.customer.display_name;
    if (await answerOffer(offer, "decline")) toast(t(`declined_${offer.kind}`, { name }), "info");
  }

  /** Answer a request for more time. */
  async function respond(extension, accepted) {
    const name = extension.customer.display_name;
    answering.add(extension.id);
    try {
      await api.post(`/api/mitra/extensions/${extension.id}/respond`, { accepted });
      desk.answeredExtension(extension.id);
      toast(t(accepted ? "extended" : "refused", { name, minutes: extension.duration_minutes }), "good");
    } catch (error) {
      if (error.code === "EXTENSION_RESOLVED" || error.status === 404) desk.answeredExtension(extension.id);
      toast(error.code === "EXTENSION_RESOLVED" ? t("extension_resolved") : problemText(error), "warning");
    } finally {
      answering.delete(extension.id);
    }
  }

  /** End a chat whose paid time is over. */
  async function endChat(session) {
    try {
      desk.went(await api.post(`/api/mitra/chat/sessions/${session.id}/end`));
    } catch (error) {
      toast(problemText(error), "warning");
    }
  }

  return { accept, decline, respond, endChat, under: (id) => answering.has(id) };
}
