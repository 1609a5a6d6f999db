// What the page of webhooks in quarantine says.
import { catalogue } from "common/texts.js";

export const t = catalogue({
  title: { id: "Karantina", en: "Quarantine" },
  lead: {
    id:
      "Kabar dari gerbang pembayaran yang tidak bisa diterapkan. Isi kabar hanya pengakuan: periksa di " +
      "gerbang sebelum percaya.",
    en:
      "Words from the payment gateway that could not be applied. They are only claims: look at the " +
      "gateway before you believe them.",
  },
  state: { id: "Status", en: "State" },
  state_quarantined: { id: "Dikarantina", en: "In quarantine" },
  state_resolved: { id: "Selesai", en: "Dealt with" },
  state_waiting: { id: "Antre", en: "In line" },
  state_applied: { id: "Diterapkan", en: "Applied" },
  at: { id: "Diterima", en: "Received" },
  invoice: { id: "Tagihan", en: "Invoice" },
  claims: { id: "Pengakuan", en: "Claims" },
  why: { id: "Sebab", en: "Cause" },
  status: { id: "Status", en: "State" },
  do: { id: "Tindakan", en: "Action" },
  unreadable: { id: "tidak terbaca", en: "not readable" },
  tried: { id: ({ n }) => `dicoba ${n} kali`, en: ({ n }) => `tried ${n} time${n === 1 ? "" : "s"}` },
  paid_amount: { id: "dibayar {amount}", en: "paid {amount}" },
  story: { id: "Riwayat", en: "Story" },
  story_of: { id: "Riwayat pembayaran {id}", en: "Story of payment {id}" },
  resolve: { id: "Selesaikan", en: "Resolve" },
  resolve_it: { id: "Selesaikan kabar tagihan {id}", en: "Resolve the word on invoice {id}" },
  resolve_title: { id: "Selesaikan kabar ini", en: "Resolve this" },
  resolve_text: {
    id:
      "Tulis apa yang ditemukan dan apa yang sudah dilakukan. Ini hanya mencatat: tidak ada uang yang " +
      "bergerak karenanya.",
    en: "Write what was found and what was done. This only records it: no money moves by it.",
  },
  resolve_submit: { id: "Catat sebagai selesai", en: "Record as dealt with" },
  resolved: { id: "Tercatat sebagai selesai.", en: "Recorded as dealt with." },
  by: { id: "oleh {who}, {when}", en: "by {who}, {when}" },
  already: {
    id: "{who} sudah menyelesaikannya {when}. Catatanmu tidak disimpan.",
    en: "{who} dealt with it {when}. Your note was not kept.",
  },
  already_note: { id: "Catatan mereka: {note}", en: "Their note: {note}" },
  not_waiting: { id: "Kabar ini tidak lagi di karantina.", en: "This is no longer in quarantine." },
  empty_title: { id: "Karantina kosong", en: "Quarantine is empty" },
  empty_text: {
    id: "Semua kabar dari gerbang cocok dengan catatan kita.",
    en: "Every word of the gateway matched our records.",
  },
  empty_narrow: { id: "Tidak ada di saringan ini.", en: "None in this filter." },
});

export const reason = catalogue({
  sum_not_whole: { id: "Jumlahnya bukan rupiah bulat", en: "The sum is not in whole rupiah" },
  unknown_status: { id: "Status yang tidak kita kenal", en: "A status we do not know" },
  amount_mismatch: {
    id: "Jumlahnya tidak sama dengan tagihan kita",
    en: "The sum is not that of our invoice",
  },
  currency_mismatch: { id: "Mata uangnya bukan rupiah", en: "The currency is not rupiah" },
  external_id_mismatch: { id: "Menyebut pembayaran lain", en: "It names another payment" },
  unknown_invoice: { id: "Tagihan yang tidak kita kenal", en: "An invoice we do not know" },
  unknown_payment: { id: "Pembayaran yang tidak kita kenal", en: "A payment we do not know" },
  payment_mismatch: {
    id: "Uangnya tidak cocok dengan pembayarannya",
    en: "The money does not match its payment",
  },
  gateway_disagrees: { id: "Gerbang sendiri berkata lain", en: "The gateway itself says otherwise" },
  gateway_refuses: { id: "Gerbang menolak menjawab", en: "The gateway refuses to answer" },
  not_json: { id: "Isinya bukan JSON", en: "The body is not JSON" },
  not_an_invoice: { id: "Isinya bukan tagihan", en: "The body is no invoice" },
});
