// Sums and minutes as they are typed: read, bounded, and shown as what they mean. Knows no screen.
import { rupiah } from "common/texts.js";
import { t } from "./pricing_texts.js";

const MOST_RUPIAH = 100_000_000;
const MOST_MINUTES = 1_440;

/** Read a sum as people type it ("25000", "25.000", "Rp 25.000"); NaN for anything else. */
export function sumOf(text) {
  const plain = text.trim().replace(/^rp\s*/i, "");
  if (/^\d+$/.test(plain)) return Number(plain);
  if (/^\d{1,3}(\.\d{3})+$/.test(plain)) return Number(plain.replaceAll(".", ""));
  return Number.NaN;
}

/** A sentence about what is wrong with a price, or "". */
export function wrongPrice(text, least = 1) {
  const sum = sumOf(text);
  return sum >= least && sum <= MOST_RUPIAH
    ? ""
    : t("price_wrong", { min: rupiah(least), max: rupiah(MOST_RUPIAH) });
}

export function wrongMinutes(text) {
  const minutes = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  return minutes >= 1 && minutes <= MOST_MINUTES ? "" : t("minutes_wrong");
}

/** A price as customers read it. */
export function priced(amount) {
  return amount === 0 ? t("free") : rupiah(amount);
}

/** What a typed price means, said while it is typed; "" where it means nothing. */
export function readsAs(text, least = 1) {
  const sum = sumOf(text);
  return sum >= least && sum <= MOST_RUPIAH ? t("reads_as", { price: priced(sum) }) : "";
}
