// Words of the control center's work that more than one page says: causes, states, actions, who did it.
import { catalogue } from "common/texts.js";

export const cause = catalogue({
  no_mitra_available: { id: "Tidak ada bestie", en: "No bestie available" },
  all_mitras_rejected: { id: "Semua bestie menolak", en: "Every bestie declined" },
  targeted_mitra_offline: { id: "Bestie tujuan offline", en: "Chosen bestie offline" },
  targeted_mitra_rejected: { id: "Bestie tujuan menolak", en: "Chosen bestie declined" },
  targeted_mitra_timeout: { id: "Bestie tujuan tidak menjawab", en: "Chosen bestie silent" },
  payment_session_expired: { id: "Dibayar, tidak dipakai", en: "Paid, never used" },
  customer_cancelled: { id: "Dibatalkan pelanggan", en: "Cancelled by customer" },
  extension_rejected: { id: "Perpanjangan ditolak", en: "Extension rejected" },
  extension_safeguard_tripped: {
    id: "Perpanjangan: bestie tak terjangkau",
    en: "Extension: bestie unreachable",
  },
  late_payment: { id: "Uang masuk terlambat", en: "Money came late" },
  duplicate_payment: { id: "Dibayar dua kali", en: "Paid twice" },
  payment_mismatch: { id: "Uang tidak cocok", en: "Money does not match" },
  operator_ended: { id: "Diakhiri operator", en: "Ended by an operator" },
});

export const CAUSES = [
  "no_mitra_available",
  "all_mitras_rejected",
  "targeted_mitra_offline",
  "targeted_mitra_rejected",
  "targeted_mitra_timeout",
  "payment_session_expired",
  "customer_cancelled",
  "extension_rejected",
  "extension_safeguard_tripped",
  "late_payment",
  "duplicate_payment",
  "payment_mismatch",
  "operator_ended",
];

export const causeSentence = catalogue({
  no_mitra_available: {
    id: "Tidak ada bestie yang menerima sampai waktu pencarian habis.",
    en: "No bestie accepted before the search window ended.",
  },
  all_mitras_rejected: {
    id: "Semua bestie yang ditawari menolak permintaan ini.",
    en: "Every bestie who was offered the request declined it.",
  },
  targeted_mitra_offline: {
    id: "Bestie yang dituju sedang tidak online atau sudah penuh.",
    en: "The chosen bestie was offline or already full.",
  },
  targeted_mitra_rejected: {
    id: "Bestie yang dituju menolak permintaan ini.",
    en: "The chosen bestie declined the request.",
  },
  targeted_mitra_timeout: {
    id: "Bestie yang dituju tidak menjawab sampai waktunya habis.",
    en: "The chosen bestie did not answer in time.",
  },
  payment_session_expired: {
    id: "Sudah dibayar, tetapi tidak dipakai sampai batas waktunya.",
    en: "Paid, but not used before its deadline.",
  },
  customer_cancelled: {
    id: "Pelanggan membatalkan setelah membayar.",
    en: "The customer cancelled after paying.",
  },
  extension_rejected: {
    id: "Perpanjangan ditolak oleh bestie, atau ditolak otomatis karena tidak dijawab.",
    en: "The extension was rejected by the bestie, or by the policy when nobody answered.",
  },
  extension_safeguard_tripped: {
    id: "Perpanjangan tidak ditagih karena bestie tidak dapat dihubungi saat waktunya habis.",
    en: "The extension was not charged because the bestie could not be reached when its window ended.",
  },
  late_payment: {
    id: "Uang masuk setelah sesi pembayaran berakhir.",
    en: "The money arrived after the payment session was over.",
  },
  duplicate_payment: {
    id: "Pembayaran yang sama dibayar lebih dari satu kali.",
    en: "The same payment was paid more than once.",
  },
  payment_mismatch: {
    id: "Uang yang masuk tidak cocok dengan tagihannya.",
    en: "The money that arrived does not match what was asked for.",
  },
  operator_ended: { id: "Operator mengakhiri percakapan.", en: "An operator ended the conversation." },
});

const detail = catalogue({
  stale: { id: "Online, tapi lama tidak ada kabar", en: "Online, but not heard of for too long" },
  blocked: { id: "Sedang diblokir", en: "Blocked by an operator" },
  at_capacity: { id: "Sudah penuh", en: "Already full" },
  amount: { id: "Jumlahnya beda dari tagihan", en: "Not the amount that was asked for" },
  invoice: { id: "Masuk lewat tagihan lain", en: "It came by another invoice" },
  unknown_payment: { id: "Pembayarannya tidak dikenal", en: "No such payment is known" },
  currency: { id: "Bukan rupiah", en: "Not in rupiah" },
  currency_of: { id: "Mata uangnya {code}, bukan rupiah", en: "In {code}, not in rupiah" },
});

/** What is said beside a cause, such as "amount", or "currency:USD". */
export function causeDetail(word) {
  const [what, code] = (word ?? "").split(":", 2);
  return what === "currency" && code ? detail("currency_of", { code }) : said(detail, word);
}

/** Say a word of a catalogue; a word that only a newer server knows is said as it came. */
export function said(catalogued, word) {
  if (word === null || word === undefined) return "";
  try {
    return catalogued(word);
  } catch {
    return String(word).replaceAll("_", " ");
  }
}

export const actor = catalogue({
  customer: { id: "Pelanggan", en: "Customer" },
  mitra: { id: "Bestie", en: "Bestie" },
  cc_user: { id: "Operator", en: "Operator" },
  gateway: { id: "Gerbang pembayaran", en: "Payment gateway" },
  clock: { id: "Jam", en: "Clock" },
  system: { id: "Sistem", en: "System" },
});

export const machine = catalogue({
  payment: { id: "Pembayaran", en: "Payment" },
  pairing: { id: "Permintaan", en: "Request" },
  pairing_request: { id: "Permintaan", en: "Request" },
  offer: { id: "Tawaran", en: "Offer" },
  chat: { id: "Percakapan", en: "Chat" },
  session: { id: "Percakapan", en: "Chat" },
  extension: { id: "Perpanjangan", en: "Extension" },
  presence: { id: "Kehadiran", en: "Presence" },
});

export const state = catalogue({
  pending: { id: "Menunggu", en: "Pending" },
  confirmed: { id: "Sudah dibayar", en: "Paid" },
  consumed: { id: "Terpakai", en: "Used" },
  failed_pairing: { id: "Gagal dipasangkan", en: "Failed pairing" },
  abandoned: { id: "Ditinggalkan", en: "Abandoned" },
  expired: { id: "Kedaluwarsa", en: "Expired" },
  accepted: { id: "Diterima", en: "Accepted" },
  rejected: { id: "Ditolak", en: "Rejected" },
  auto_rejected: { id: "Ditolak otomatis", en: "Rejected automatically" },
  cancelled: { id: "Dibatalkan", en: "Cancelled" },
  timeout: { id: "Tidak dijawab", en: "Not answered" },
  offered: { id: "Ditawarkan", en: "Offered" },
  declined: { id: "Menolak", en: "Declined" },
  missed: { id: "Tidak menjawab", en: "No answer" },
  withdrawn: { id: "Ditarik kembali", en: "Withdrawn" },
  active: { id: "Berjalan", en: "Running" },
  extending: { id: "Menunggu perpanjangan", en: "Waiting for an extension" },
  closing: { id: "Waktu pamit", en: "Saying goodbye" },
  ended: { id: "Selesai", en: "Ended" },
  online: { id: "Online", en: "Online" },
  offline: { id: "Offline", en: "Offline" },
});

export const work = catalogue({
  note: { id: "Catatan", en: "Note" },
  note_optional: { id: "Catatan (boleh kosong)", en: "Note (optional)" },
  reason: { id: "Alasan", en: "Reason" },
  save: { id: "Simpan", en: "Save" },
  discard: { id: "Urungkan", en: "Undo" },
  kept: {
    id: "Isianmu belum disimpan, tapi tidak hilang: kembali ke {page} untuk melanjutkan.",
    en: "What you typed is not saved, but not lost either: come back to {page} to go on.",
  },
  cancel: { id: "Batal", en: "Cancel" },
  close: { id: "Tutup", en: "Close" },
  all: { id: "Semua", en: "All" },
  search: { id: "Cari", en: "Search" },
  filters: { id: "Saringan", en: "Filters" },
  clear_filters: { id: "Hapus saringan", en: "Clear filters" },
  old_shown: {
    id: "Belum bisa memuat yang terbaru. Yang tampil adalah data terakhir yang kami terima.",
    en: "The latest could not be loaded. What you see is the last we heard.",
  },
  more: { id: "Tampilkan lebih lama", en: "Show older" },
  history: { id: "Riwayat perubahan", en: "History of changes" },
  history_empty: { id: "Belum ada perubahan.", en: "Nothing was changed yet." },
  installation: { id: "pemasangan", en: "the installation" },
  required: { id: "Mohon diisi.", en: "Please fill this in." },
  copy_id: { id: "Salin ID {id}", en: "Copy id {id}" },
  copied: { id: "ID disalin.", en: "The id was copied." },
  found: { id: ({ n }) => `${n} ditemukan`, en: ({ n }) => `${n} found` },
  yours: { id: "Isianmu", en: "Yours" },
  theirs: { id: "Yang tersimpan sekarang", en: "What is stored now" },
  conflict_title: { id: "Ada yang lebih dulu menyimpan", en: "Somebody else saved first" },
  conflict_text: {
    id: "Nilai ini berubah setelah kamu buka, jadi belum ada yang tersimpan. Pilih yang benar, lalu simpan.",
    en: "This changed after you opened it, so nothing was saved yet. Choose what is right, then save.",
  },
  conflict_by: { id: "oleh {who}, {when}", en: "by {who}, {when}" },
  use_choice: { id: "Simpan pilihan", en: "Save my choice" },
  none: { id: "tidak ada", en: "none" },
  yes: { id: "ya", en: "yes" },
  no: { id: "tidak", en: "no" },
});
