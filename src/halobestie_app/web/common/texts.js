// Words, numbers and dates in the language of whoever looks: Indonesian first, English beside it.

import { effect, signal } from "common/html.js";
import { remember, remembered } from "common/storage.js";
import { ENTRIES, PROBLEMS } from "common/words.js";

const LOCALES = { id: "id-ID", en: "en-GB" };

function first() {
  const wishes = [new URLSearchParams(location.search).get("lang"), remembered("language"), "id"];
  return wishes.find((code) => code in LOCALES);
}

/** "id" or "en": what `?lang=` says, else what was chosen before, else Indonesian. */
export const language = signal(first());

effect(() => { document.documentElement.lang = language.value; });

/** @param {"id"|"en"} code chosen here, remembered on this device */
export function setLanguage(code) {
  if (!(code in LOCALES)) throw new Error(`no language ${code}`);
  language.value = code;
  remember("language", code);
  const url = new URL(location.href);
  if (url.searchParams.has("lang")) {
    url.searchParams.set("lang", code);
    history.replaceState(history.state, "", url);
  }
}

/**
 * Make the texts of an app.
 *
 * @param {Record<string, {id: string|Function, en: string|Function}>} entries each text holds `{name}` where
 *   a value goes, or is a function of the values
 * @returns {(key: string, values?: object) => string} throws for an unknown key or a value that is missing.
 *   Whoever calls it in a render is rendered again when the language changes.
 */
export function catalogue(entries) {
  for (const [key, entry] of Object.entries(entries)) {
    for (const code in LOCALES) {
      if (entry[code] === undefined) throw new Error(`the text ${key} is missing in ${code}`);
    }
  }
  return function t(key, values = {}) {
    if (!Object.hasOwn(entries, key)) throw new Error(`there is no text ${key}`);
    const text = entries[key][language.value];
    if (typeof text === "function") return text(values);
    return text.replace(/\{(\w+)\}/g, (_, name) => {
      if (values[name] === undefined || values[name] === null) {
        throw new Error(`the text ${key} needs the value ${name}`);
      }
      return String(values[name]);
    });
  };
}

/** Texts that all apps share; see words.js. */
export const common = catalogue(ENTRIES);

const problem = catalogue(PROBLEMS);

/**
 * What to tell somebody to whom something failed, by the failure's `code`; never the server's English.
 *
 * @param {import("common/api.js").ApiError|Error} error
 * @returns {string}
 */
export function problemText(error) {
  const code = Object.hasOwn(PROBLEMS, error?.code ?? "") ? error.code : "OTHER";
  const seconds = error?.retryAfter ?? null;
  return problem(code, { seconds, later: seconds ? duration(seconds) : null });
}

// ----------------------------------------------------------------------------------------- numbers and dates

/**
 * @param {number} amount whole rupiah
 * @returns {string} "Rp 25.000", in either language, not broken over lines
 */
export function rupiah(amount) {
  const digits = String(Math.abs(Math.trunc(amount))).replace(/\B(?=(\d{3})+$)/g, ".");
  return `${amount < 0 ? "-" : ""}Rp\u00a0${digits}`;
}

/**
 * @param {number} value
 * @param {Intl.NumberFormatOptions} [options]
 * @returns {string} as the language writes numbers
 */
export function number(value, options) {
  return new Intl.NumberFormat(LOCALES[language.value], options).format(value);
}

/**
 * @param {number} seconds
 * @returns {string} "1:05", "1:05:00"
 */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (part) => String(part).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/**
 * @param {number} seconds
 * @returns {string} "45 detik", "12 menit", "1 jam 5 menit"; seconds only where there is no minute
 */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return common("seconds", { count: whole });
  const minutes = Math.round(whole / 60);
  const parts = [];
  if (minutes >= 60) parts.push(common("hours", { count: Math.floor(minutes / 60) }));
  if (minutes % 60) parts.push(common("minutes", { count: minutes % 60 }));
  return parts.join(" ");
}

function formatted(instant, options, zone) {
  const made = new Date(instant);
  if (instant === null || instant === undefined || Number.isNaN(made.getTime())) return "";
  const locale = LOCALES[language.value];
  return new Intl.DateTimeFormat(locale, { ...options, timeZone: zone, hour12: false }).format(made);
}

const DAY = { day: "numeric", month: "long", year: "numeric" };
const TIME = { hour: "2-digit", minute: "2-digit" };

/**
 * @param {string|number|Date|null} instant
 * @param {{zone?: string}} [options] the device's zone unless told; the control center tells "Asia/Jakarta"
 * @returns {string} "3 Agustus 2025"; "" without an instant
 */
export function day(instant, { zone } = {}) {
  return formatted(instant, DAY, zone);
}

/** As `day`: "19.05". */
export function time(instant, { zone } = {}) {
  return formatted(instant, TIME, zone);
}

/** As `day`: "3 Agu 2025, 19.05". */
export function dayAndTime(instant, { zone, seconds = false } = {}) {
  const exact = seconds ? { second: "2-digit" } : {};
  return formatted(instant, { ...DAY, month: "short", ...TIME, ...exact }, zone);
}
