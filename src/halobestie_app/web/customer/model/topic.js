// How heavy the topic of a payment is: from its choice until the search that tells the server.
//
// Every tab knows it, for any of them may be the one that searches once the money is there.

import { route } from "common/router.js";
import { remember, remembered } from "common/storage.js";

const name = (id) => `topic-${id}`;
const asked = () => (route.peek().query.get("topic") === "sensitive" ? "sensitive" : null);

/** Keep what the address says of the payment that was begun there. */
export function noteTopic(id) {
  remember(name(id), asked());
}

/** @returns {"sensitive"|"normal"} */
export function topicOf(id) {
  return remembered(name(id)) ?? asked() ?? "normal";
}

/** The server knows it now, or nobody needs it any more. */
export function forgetTopic(id) {
  remember(name(id), null);
}
