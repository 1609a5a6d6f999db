// Money that is on its way back: said at home until it was read there, on whichever day and in whichever tab.

import { signal } from "common/html.js";
import { remember, remembered } from "common/storage.js";
import { serverNow } from "common/time.js";
import { api, evening, onFrame } from "./app.js";
import { useFetched } from "./fetching.js";
import { isReusable } from "./where.js";

const MOST = 50; // payments looked through, the latest
const name = (id) => `refund-read-${id}`;

const read = signal(0);
const news = signal(0);
onFrame((frame) => {
  if (frame.payment) news.value += 1;
});

/** @returns {object[]} payments whose money comes back, which nobody has put aside here, the latest first */
export function useOwed() {
  const payment = evening.payment.value;
  void read.value;
  const { data } = useFetched(
    (signal) => api.get("/api/client/payment-sessions", { query: { limit: MOST }, signal }),
    [payment?.id, payment?.version, news.value],
  );
  return (data?.rows ?? []).filter((one) =>
    one.refund === "due" && !isReusable(one, serverNow()) && !remembered(name(one.id)));
}

/** They know it now. */
export function putAside(payments) {
  for (const { id } of payments) remember(name(id), "1");
  read.value += 1;
}
