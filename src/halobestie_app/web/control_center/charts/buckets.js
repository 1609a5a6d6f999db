// How times are said beneath a chart: in the house's zone, and no longer than needed.

import { language } from "common/texts.js";
import { ZONE } from "../pages/parts/zone.js";

const LOCALES = { id: "id-ID", en: "en-GB" };
const DAY = 86400;
const HOUR = 3600;

function said(seconds, options) {
  const wanted = { ...options, timeZone: ZONE, hour12: false };
  return new Intl.DateTimeFormat(LOCALES[language.value], wanted).format(seconds * 1000);
}

const TIME = { hour: "2-digit", minute: "2-digit" };
const SHORT_DAY = { weekday: "short", day: "numeric" };

/** A mark on the axis; `every`: seconds between two of them. */
export function tickName(seconds, every) {
  return every >= DAY ? said(seconds, SHORT_DAY) : said(seconds, TIME);
}

/** A bucket: "14.05–14.06", with its day where buckets are hours. */
export function bucketName(seconds, step) {
  const day = step >= HOUR ? `${said(seconds, { ...SHORT_DAY, month: "short" })}, ` : "";
  return `${day}${said(seconds, TIME)}–${said(seconds + step, TIME)}`;
}
