// What the page with a payment's whole story says.
import { catalogue } from "common/texts.js";

export const t = catalogue({
  title: { id: "Riwayat pembayaran", en: "Story of a payment" },
  not_found: { id: "Pembayaran ini tidak ada.", en: "There is no such payment." },
  money: { id: "Uang", en: "Money" },
  people: { id: "Pelanggan", en: "Customer" },
  amount: { id: "Jumlah", en: "Amount" },
  free: { id: "Gratis", en: "Free" },
  status: { id: "Status", en: "State" },
  duration: { id: "Durasi", en: "Duration" },
  minutes: { id: "{n} menit", en: "{n} minutes" },
  extension: { id: "perpanjangan", en: "extension" },
  first: { id: "diskon sesi pertama", en: "first-session discount" },
  trial: { id: "percobaan gratis", en: "free trial" },
  provider: { id: "Lewat", en: "Taken by" },
  provider_none: { id: "tanpa pembayaran", en: "nobody (free)" },
  provider_development: { id: "gerbang percobaan", en: "the trial gateway" },
  provider_xendit: { id: "Xendit", en: "Xendit" },
  created: { id: "Dibuat", en: "Created" },
  confirmed: { id: "Dibayar", en: "Paid" },
  consumed: { id: "Terpakai", en: "Used" },
  expires: { id: "Batas waktu", en: "Deadline" },
  fallback: { id: "Bisa dicoba lagi sampai", en: "Can be tried again until" },
  refund: { id: "Nasib uangnya", en: "What became of the money" },
  refund_due: { id: "Menunggu keputusan operator", en: "Waits for an operator" },
  refund_refunded: { id: "Dikembalikan", en: "Refunded" },
  refund_credited: { id: "Dikreditkan", en: "Credited" },
  refund_retained: { id: "Tetap di kita", en: "Kept" },
  phone: { id: "Telepon", en: "Phone" },
  no_phone: { id: "anonim", en: "anonymous" },
  failures: { id: "Kegagalan dan keputusan", en: "Failures and decisions" },
  no_failures: { id: "Tidak pernah gagal.", en: "It never failed." },
  requests: { id: "Pencarian bestie", en: "Searches for a bestie" },
  no_requests: { id: "Belum ada pencarian.", en: "No search was made." },
  general: { id: "Ke semua bestie", en: "To every bestie" },
  returning: { id: "Curhat lagi dengan {name}", en: "Curhat lagi with {name}" },
  offered: {
    id: "Ditawarkan ke {offered} bestie dalam {waves} gelombang, dijawab {answered}",
    en: ({ offered, waves, answered }) =>
      `Offered to ${offered} ${offered === 1 ? "bestie" : "besties"} in ` +
      `${waves} ${waves === 1 ? "wave" : "waves"}, answered by ${answered}`,
  },
  chat: { id: "Percakapan", en: "Conversation" },
  chat_with: { id: "Dengan {name}", en: "With {name}" },
  chat_messages: {
    id: "{n} pesan (isinya tidak ditampilkan)",
    en: ({ n }) => `${n} ${n === 1 ? "message (its" : "messages (their"} text is not shown)`,
  },
  chat_span: { id: "{from} sampai {to}", en: "{from} until {to}" },
  end_time_up: { id: "waktunya habis", en: "time was over" },
  end_customer_ended: { id: "diakhiri pelanggan", en: "ended by the customer" },
  end_mitra_ended: { id: "diakhiri bestie", en: "ended by the bestie" },
  end_operator_ended: { id: "diakhiri operator", en: "ended by an operator" },
  extensions: { id: "Perpanjangan", en: "Extensions" },
  by_itself: { id: "diputuskan otomatis", en: "decided by itself" },
  gateway: { id: "Gerbang pembayaran", en: "Payment gateway" },
  invoice: { id: "Tagihan {id}: {status}", en: "Invoice {id}: {status}" },
  invoice_open: { id: "Buka halaman tagihan", en: "Open the invoice's page" },
  capture: { id: "Uang masuk {amount}", en: "Money taken: {amount}" },
  webhook: { id: "Kabar dari gerbang: {status}", en: "Word from the gateway: {status}" },
  webhook_quarantined: { id: "dikarantina: {reason}", en: "in quarantine: {reason}" },
  ledger: { id: "Buku besar", en: "Ledger" },
  ledger_session: { id: "Terpakai untuk percakapan", en: "Used for a conversation" },
  ledger_extension: { id: "Terpakai untuk perpanjangan", en: "Used for an extension" },
  ledger_refund_due: { id: "Harus diputuskan", en: "Decision due" },
  ledger_refund_reversed: { id: "Dipakai lagi", en: "Used after all" },
  ledger_refunded: { id: "Dikembalikan", en: "Refunded" },
  ledger_credited: { id: "Dikreditkan", en: "Credited" },
  ledger_retained: { id: "Tetap di kita", en: "Kept" },
  nothing: { id: "Tidak ada catatan.", en: "Nothing recorded." },
  timeline: { id: "Semua langkah", en: "Every step" },
  timeline_cut: {
    id: "Ditampilkan {shown} dari {all} langkah.",
    en: "{shown} of {all} steps are shown.",
  },
  audit: { id: "Periksa rantai catatannya", en: "Verify the chain of records" },
  at: { id: "Waktu", en: "Time" },
  what: { id: "Apa", en: "What" },
  move: { id: "Perubahan", en: "Change" },
  who: { id: "Oleh", en: "By" },
});

export const erasing = catalogue({
  button: { id: "Hapus data pelanggan", en: "Erase the customer" },
  title: { id: "Hapus data pelanggan ini?", en: "Erase this customer?" },
  what: {
    id:
      "Nama, telepon, dan isi semua percakapannya dihapus untuk selamanya, dan ia keluar dari semua " +
      "perangkat. Catatan uang tetap ada, tanpa nama.",
    en:
      "Their name, phone and the text of every conversation are deleted for ever, and they are signed " +
      "out everywhere. Records of money stay, without a name.",
  },
  waits: {
    id:
      "Bila masih ada pembayaran, pencarian, atau percakapan yang berjalan, penghapusan menunggu sampai " +
      "selesai.",
    en: "While a payment, a search or a conversation is open, the erasure waits for its end.",
  },
  reason_hint: {
    id: "Disimpan selamanya: jangan menulis nama atau nomor telepon.",
    en: "Kept for ever: do not write a name or a phone number.",
  },
  typed: { id: "Ketik {word} untuk memastikan", en: "Type {word} to confirm" },
  word: { id: "HAPUS", en: "ERASE" },
  submit: { id: "Hapus selamanya", en: "Erase for ever" },
  done_erased: { id: "Data pelanggan sudah dihapus.", en: "The customer was erased." },
  done_waiting: {
    id: "Tercatat. Data dihapus begitu tidak ada lagi yang berjalan.",
    en: "Recorded. They are erased as soon as nothing is open.",
  },
});
