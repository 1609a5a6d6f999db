// What the page of settings says: its groups, every key in English (the server has the Indonesian), and
// what may be wrong.
import { catalogue } from "common/texts.js";

export const t = catalogue({
  title: { id: "Pengaturan", en: "Settings" },
  lead: {
    id: "Berlaku begitu disimpan. Hitungan waktu yang sudah berjalan tetap memakai aturan saat dimulai.",
    en: "In force as soon as they are saved. A window that has begun keeps the length it began with.",
  },
  group_searching: { id: "Pembayaran dan pencarian", en: "Paying and searching" },
  group_chatting: { id: "Percakapan dan perpanjangan", en: "Conversations and extensions" },
  group_mitras: { id: "Bestie dan kehadiran", en: "Besties and presence" },
  group_support: { id: "Kontak bantuan", en: "Support" },
  group_other: { id: "Lainnya", en: "Others" },

  bounds: { id: "Batas: {min} sampai {max}.", en: "Bounds: {min} to {max}." },
  usual: { id: "Bawaan: {value}.", en: "Default: {value}." },
  to_default: { id: "Pakai bawaan", en: "Use the default" },
  to_default_of: { id: "Pakai bawaan: {value}, untuk {label}", en: "Use the default: {value}, for {label}" },
  changed: { id: "belum disimpan", en: "not saved yet" },
  changes: {
    id: ({ n }) => `${n} perubahan belum disimpan`,
    en: ({ n }) => `${n} unsaved change${n === 1 ? "" : "s"}`,
  },
  no_changes: { id: "Semua tersimpan", en: "Everything is saved" },
  saved: { id: "Tersimpan dan sudah berlaku: {labels}.", en: "Saved and in force: {labels}." },
  nothing_left: {
    id: "Tidak ada yang diubah: nilai yang tersimpan tetap dipakai.",
    en: "Nothing changed: what is stored stays.",
  },

  on: { id: "Aktif", en: "On" },
  off: { id: "Tidak aktif", en: "Off" },
  auto_approve: { id: "Disetujui otomatis", en: "Approve automatically" },
  auto_reject: { id: "Ditolak otomatis", en: "Reject automatically" },

  cadence: { id: "Irama tanda hidup", en: "Heartbeat cadence" },
  cadence_value: { id: "{n} detik", en: "{n} seconds" },
  cadence_text: {
    id:
      "Ditetapkan oleh pemasangan (MITRA_HEARTBEAT_CADENCE_SECONDS), jadi tidak bisa diubah di sini. " +
      "Aplikasi bestie mengirim tanda hidup seirama ini, karena itu ambang offline paling sedikit {n} " +
      "detik.",
    en:
      "Set by the deployment (MITRA_HEARTBEAT_CADENCE_SECONDS), so it cannot be changed here. A " +
      "bestie's app sends a heartbeat this often, which is why the offline threshold is at least {n} " +
      "seconds.",
  },
  below_cadence: {
    id: "Ambang offline tidak boleh di bawah irama tanda hidup: paling sedikit {n} detik.",
    en: "The offline threshold must not be below the heartbeat cadence: at least {n} seconds.",
  },
  close_to_cadence: {
    id:
      "Di bawah dua kali irama ({n} detik): satu tanda hidup yang terlambat sudah membuat bestie " +
      "dianggap offline.",
    en: "Below twice the cadence ({n} seconds): one late heartbeat already makes a bestie count as offline.",
  },
  not_required: {
    id: "Tanda hidup sedang tidak diwajibkan, jadi ambang ini belum dipakai.",
    en: "Heartbeats are not required now, so this threshold is not in use.",
  },

  whole_number: { id: "Harus bilangan bulat.", en: "Must be a whole number." },
  between: { id: "Harus antara {min} dan {max}.", en: "Must be between {min} and {max}." },
  refused: { id: "Server menolak nilai ini: {message}", en: "The server refused this value: {message}" },

  whatsapp: { id: "WhatsApp", en: "WhatsApp" },
  whatsapp_hint: {
    id: "Nomor dengan kode negara, misalnya +6281234567890",
    en: "With country code, such as +6281234567890",
  },
  instagram: { id: "Instagram", en: "Instagram" },
  instagram_hint: { id: "Nama akun, misalnya @halobestie", en: "An account, such as @halobestie" },
  email: { id: "E-mail", en: "E-mail" },
  email_hint: { id: "Misalnya bantuan@halobestie.id", en: "Such as help@halobestie.id" },
  handles_hint: {
    id: "Satu baris per kontak, paling banyak 200 karakter. Yang dikosongkan tidak ditampilkan ke pelanggan.",
    en: "One line each, of at most 200 characters. What is left empty is not shown to customers.",
  },
  handle_wrong: { id: "Satu baris, paling banyak 200 karakter.", en: "One line of at most 200 characters." },
});

/** Labels and explanations in English, by key. */
export const ENGLISH = {
  payment_session_timeout_minutes: [
    "Time limit of a payment (minutes)",
    "How long a customer may take to pay, and then how long the money may wait to be used.",
  ],
  pairing_blast_timeout_seconds: [
    "Time to find a bestie (seconds)",
    "How long a general request stays open to every bestie who is available.",
  ],
  pairing_wave_size: [
    "Size of a wave of offers",
    "0 means everyone at once; otherwise so many per wave, those with most room first.",
  ],
  returning_chat_confirmation_timeout_seconds: [
    "Time to confirm Curhat lagi (seconds)",
    "How long the chosen bestie may take to answer.",
  ],
  extension_timeout_seconds: [
    "Time to answer an extension (seconds)",
    "How long a bestie may take to answer the wish for more time.",
  ],
  extension_default_action_on_timeout: [
    "When an extension is not answered",
    "Approve automatically (only while the bestie can be reached) or reject automatically.",
  ],
  closure_grace_seconds: [
    "Time to say goodbye (seconds)",
    "How long both sides can still write after the paid time is over.",
  ],
  max_customers_per_mitra: [
    "Customers at once per bestie",
    "How many conversations one bestie may hold at the same time.",
  ],
  mitra_require_ping: ["Require heartbeats", "When on, a bestie who sends no heartbeat counts as offline."],
  mitra_stale_after_seconds: [
    "Offline threshold (seconds)",
    "How long without a heartbeat until a bestie counts as offline; never less than the cadence.",
  ],
  support_handles_json: ["Support handles", "What customers see: whatsapp, instagram, email."],
};

export const GROUPS = {
  searching: [
    "payment_session_timeout_minutes",
    "pairing_blast_timeout_seconds",
    "pairing_wave_size",
    "returning_chat_confirmation_timeout_seconds",
  ],
  chatting: ["extension_timeout_seconds", "extension_default_action_on_timeout", "closure_grace_seconds"],
  mitras: ["max_customers_per_mitra", "mitra_require_ping", "mitra_stale_after_seconds"],
  support: ["support_handles_json"],
};
