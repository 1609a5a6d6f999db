// The value of a setting: as it is typed, as it is sent, as it is read, and what is wrong with it. Knows
// no screen.
import { language } from "common/texts.js";
import { ENGLISH, t } from "./settings_texts.js";

export const THRESHOLD = "mitra_stale_after_seconds";
export const HANDLES = ["whatsapp", "instagram", "email"];

/** The words of a setting: the server's are Indonesian. */
export function labelOf(row) {
  return (language.value === "en" && ENGLISH[row.key]?.[0]) || row.label;
}

export function descriptionOf(row) {
  return (language.value === "en" && ENGLISH[row.key]?.[1]) || row.description;
}

/** What a form holds for a stored value: text for a number, so that any slip can be typed and told. */
export function typed(row, value) {
  return row.type === "int" ? String(value) : value;
}

/** What is sent for what a form holds. */
export function meant(row, draft) {
  if (row.type === "int") return Number(draft);
  if (row.type === "json") {
    const kept = Object.entries(draft).map(([name, handle]) => [name, handle.trim()]);
    return Object.fromEntries(kept.filter(([, handle]) => handle !== ""));
  }
  return draft;
}

/** Whether a form holds something else than what is stored. */
export function isChanged(row, draft) {
  if (draft === undefined) return false;
  if (row.type === "int") return draft.trim() !== String(row.value);
  const sorted = (value) =>
    JSON.stringify(value, value && typeof value === "object" ? Object.keys(value).sort() : null);
  return sorted(meant(row, draft)) !== sorted(row.value);
}

/** A sentence about what is wrong with a draft, or "". */
export function wrongWith(row, draft) {
  if (row.type === "int") {
    if (!/^-?\d+$/.test(draft.trim())) return t("whole_number");
    const number = Number(draft);
    if (row.key === THRESHOLD && number < row.min) return t("below_cadence", { n: row.min });
    if (number < row.min || number > row.max) return t("between", { min: row.min, max: row.max });
  }
  if (row.type === "json" && Object.values(draft).some((handle) => handle.length > 200))
    return t("handle_wrong");
  return "";
}

/** A value as an operator reads it. */
export function shown(row, value) {
  if (value === null || value === undefined) return "–";
  if (row?.type === "bool" || typeof value === "boolean") return t(value ? "on" : "off");
  if (row?.type === "choice" && (value === "auto_approve" || value === "auto_reject")) return t(value);
  if (typeof value === "object") {
    const handles = Object.entries(value).filter(([, handle]) => handle);
    return handles.length
      ? handles.map(([name, handle]) => `${HANDLES.includes(name) ? t(name) : name}: ${handle}`).join(", ")
      : "–";
  }
  return String(value);
}
