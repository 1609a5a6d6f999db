// What the page of failed money says.
import { catalogue } from "common/texts.js";

export const t = catalogue({
  title: { id: "Gagal pairing", en: "Failed pairings" },
  lead: {
    id: "Uang yang sudah masuk tetapi tidak menjadi percakapan. Setiap baris menunggu satu keputusan.",
    en: "Money that came in but bought no conversation. Each row waits for one decision.",
  },
  state: { id: "Status", en: "State" },
  state_open: { id: "Menunggu", en: "Open" },
  state_actioned: { id: "Selesai", en: "Settled" },
  state_superseded: { id: "Dipakai lagi", en: "Used after all" },
  causes: { id: "Sebab", en: "Causes" },
  causes_some: { id: "Sebab ({n})", en: "Causes ({n})" },
  from: { id: "Dari tanggal", en: "From" },
  to: { id: "Sampai tanggal", en: "Until" },
  days_hint: { id: "Hari menurut waktu Jakarta", en: "Days in Jakarta time" },
  today: { id: "Hari ini", en: "Today" },
  days: { id: "{n} hari", en: "{n} days" },
  search: { id: "Cari", en: "Search" },
  search_hint: {
    id: "ID pembayaran atau pelanggan, nomor telepon, atau awal nama",
    en: "Id of a payment or customer, phone, or how a name begins",
  },
  dates_crossed: { id: "Tanggal awal sesudah tanggal akhir.", en: "The first day is after the last." },

  at: { id: "Waktu", en: "Time" },
  customer: { id: "Pelanggan", en: "Customer" },
  why: { id: "Sebab", en: "Cause" },
  amount: { id: "Jumlah", en: "Amount" },
  status: { id: "Status", en: "State" },
  do: { id: "Tindakan", en: "Action" },
  wanted: { id: "dituju: {name}", en: "asked for: {name}" },
  nobody: { id: "Tidak dikenal", en: "Unknown" },
  open: { id: "Menunggu keputusan", en: "Waiting for a decision" },
  usable: {
    id: "Masih bisa dipakai pelanggan sampai {when}",
    en: "The customer can still use it until {when}",
  },
  superseded: { id: "Dipakai lagi {when}", en: "Used after all, {when}" },
  refunded: { id: "Dikembalikan", en: "Refunded" },
  credited: { id: "Dikreditkan", en: "Credited" },
  no_action: { id: "Tanpa tindakan", en: "No action" },
  by: { id: "oleh {who}, {when}", en: "by {who}, {when}" },
  act: { id: "Putuskan", en: "Decide" },
  act_on: {
    id: "Putuskan uang {amount} dari {who}",
    en: "Decide on {amount} from {who}",
  },
  story: { id: "Riwayat", en: "Story" },
  story_of: {
    id: "Riwayat pembayaran {amount} dari {who}",
    en: "Story of the payment of {amount} from {who}",
  },
  empty_title: { id: "Tidak ada yang cocok", en: "Nothing matches" },
  empty_text: {
    id: "Longgarkan saringannya untuk melihat lebih banyak.",
    en: "Loosen the filters to see more.",
  },
  clear_title: { id: "Tidak ada yang menunggu", en: "Nothing is waiting" },
  clear_text: { id: "Semua uang sudah diputuskan. Rapi!", en: "All money was decided on. All tidy!" },

  act_title: { id: "Putuskan {amount}", en: "Decide on {amount}" },
  act_choose: { id: "Apa yang sudah dilakukan dengan uangnya?", en: "What was done with the money?" },
  refunded_text: {
    id: "Uangnya sudah dikembalikan ke pelanggan. Pengembaliannya sendiri dilakukan di gerbang pembayaran.",
    en: "The money went back to the customer. Sending it back is done at the payment gateway.",
  },
  credited_text: {
    id: "Pelanggan mendapat gantinya dalam bentuk lain.",
    en: "The customer was given its worth in another way.",
  },
  no_action_text: {
    id: "Uangnya tetap di kita. Jelaskan alasannya di catatan.",
    en: "We keep the money. Say why in the note.",
  },
  act_once: {
    id: "Keputusan dicatat sekali dan tidak bisa diubah. Pelanggan langsung melihatnya.",
    en: "A decision is recorded once and cannot be changed. The customer sees it at once.",
  },
  act_usable: {
    id: "Pelanggan masih bisa memakai uang ini sampai {when}. Setelah diputuskan, tidak bisa lagi.",
    en: "The customer can still use this money until {when}. Once you decide, they no longer can.",
  },
  act_submit: { id: "Catat keputusan", en: "Record it" },
  act_submit_as: { id: "Catat: {action}", en: "Record: {action}" },
  act_done: { id: "Tercatat: {action}, {amount}.", en: "Recorded: {action}, {amount}." },
  already: {
    id: "Sudah diputuskan lebih dulu oleh {who}, {when}: {action}. Keputusanmu tidak dicatat.",
    en: "{who} decided first, {when}: {action}. Yours was not recorded.",
  },
  already_note: { id: "Catatan mereka: {note}", en: "Their note: {note}" },
  in_use: {
    id: "Pelanggan sudah memakai uang ini lagi, jadi tidak ada yang perlu diputuskan.",
    en: "The customer is using this money again, so there is nothing to decide.",
  },
  gone: { id: "Baris ini sudah tidak ada.", en: "This row is gone." },
});
