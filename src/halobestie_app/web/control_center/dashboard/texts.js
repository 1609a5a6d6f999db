// The texts of the dashboard.

import { catalogue } from "common/texts.js";

export const t = catalogue({
  title: { id: "Dasbor", en: "Dashboard" },
  live: { id: "Diperbarui langsung", en: "Updating live" },
  asked: { id: "Diperbarui tiap beberapa detik", en: "Updating every few seconds" },
  old: {
    id: "Angka terakhir pukul {time} WIB. Sambungan terputus; kami terus mencoba.",
    en: "These are the figures of {time} WIB. We are cut off, and keep trying.",
  },
  behind: {
    id: "Penghitungan sedang mengejar: kejadian terbaru mungkin belum masuk hitungan.",
    en: "The counting is catching up: the latest events may not be counted yet.",
  },
  retry_now: { id: "Coba sekarang", en: "Try now" },
  right_now: { id: "Saat ini", en: "Right now" },
  over_time: { id: "Sepanjang waktu", en: "Over time" },

  online: { id: "Bestie online", en: "Besties online" },
  free: { id: "{free} dari {capacity} tempat kosong", en: "{free} of {capacity} places free" },
  stale: { id: "{count} tanpa kabar terbaru", en: "{count} not heard of lately" },
  nobody: { id: "Belum ada yang siap menerima", en: "Nobody is ready yet" },
  searches: { id: "Sedang mencari", en: "Searching" },
  searches_kinds: {
    id: "{general} umum · {returning} curhat lagi",
    en: "{general} general · {returning} returning",
  },
  searches_oldest: { id: "Terlama {time}", en: "Longest {time}" },
  searches_none: { id: "Tidak ada yang menunggu", en: "Nobody is waiting" },
  chats: { id: "Curhat berlangsung", en: "Live chats" },
  chats_states: {
    id: "{active} berjalan · {extending} menunggu perpanjangan · {closing} pamit",
    en: "{active} running · {extending} awaiting an extension · {closing} closing",
  },
  waiting: { id: "Menunggu operator", en: "Waiting for you" },
  waiting_failures: { id: "{count} uang gagal · {amount}", en: "{count} failed · {amount}" },
  waiting_quarantine: {
    id: "{count} webhook di karantina",
    en: ({ count }) => `${count} ${count === "1" ? "webhook" : "webhooks"} in quarantine`,
  },
  waiting_nothing: { id: "Semua beres", en: "All done" },

  window: { id: "Rentang waktu", en: "Window of time" },
  hour: { id: "1 jam", en: "1 hour" },
  day: { id: "24 jam", en: "24 hours" },
  week: { id: "7 hari", en: "7 days" },
  in_hour: { id: "satu jam terakhir", en: "the last hour" },
  in_day: { id: "24 jam terakhir", en: "the last 24 hours" },
  in_week: { id: "tujuh hari terakhir", en: "the last seven days" },

  pairing: { id: "Pairing", en: "Pairing" },
  success: { id: "berhasil", en: "succeeded" },
  accepted: { id: "Diterima", en: "Accepted" },
  failed: { id: "Gagal", en: "Failed" },
  pairing_label: {
    id: "Pairing dalam {window}: {accepted} diterima, {failed} gagal.",
    en: "Pairing in {window}: {accepted} accepted, {failed} failed.",
  },
  accept: { id: "Waktu sampai diterima", en: "Time to accept" },
  middle: { id: "median", en: "median" },
  p50: { id: "Separuh (p50)", en: "Half (p50)" },
  p95: { id: "Hampir semua (p95)", en: "Nearly all (p95)" },
  accept_label: {
    id: "Waktu sampai diterima dalam {window}: separuh dalam {p50}, hampir semua dalam {p95}.",
    en: "Time to accept in {window}: half within {p50}, nearly all within {p95}.",
  },
  causes: { id: "Gagal menurut sebab", en: "Failures by cause" },
  causes_unit: { id: "kegagalan", en: "failures" },
  causes_other: { id: "Sebab lain", en: "Other causes" },
  causes_none: { id: "Tidak ada yang gagal", en: "Nothing failed" },
  causes_label: {
    id: "Kegagalan dalam {window}: {count}. {most}",
    en: "Failures in {window}: {count}. {most}",
  },
  causes_most: { id: "Terbanyak: {name}, {count}.", en: "Most often: {name}, {count}." },
  payments: { id: "Pembayaran", en: "Payments" },
  payments_unit: { id: "dibuka", en: "opened" },
  payments_now: { id: "Sekarang, menurut keadaan", en: "Now, by state" },
  payments_label: {
    id: "Akhir pembayaran dalam {window}: {consumed} terpakai, {failed} gagal, {over} tidak dibayar.",
    en: "How payments ended in {window}: {consumed} used, {failed} failed, {over} not paid.",
  },
  seconds: { id: "{count} dtk", en: "{count} s" },
});
