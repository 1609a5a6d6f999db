// What the page of mitras says.
import { catalogue } from "common/texts.js";

export const t = catalogue({
  title: { id: "Mitra", en: "Mitras" },
  lead: {
    id: "Siapa yang bisa menerima curhat, apakah sedang hadir, dan berapa percakapannya.",
    en: "Who can take conversations, whether they are here, and how many they hold.",
  },
  search: { id: "Cari", en: "Search" },
  search_hint: { id: "Bagian dari nama atau nomor telepon", en: "Part of a name or of a phone" },
  state: { id: "Status", en: "State" },
  state_online: { id: "Online", en: "Online" },
  state_offline: { id: "Offline", en: "Offline" },
  state_blocked: { id: "Diblokir", en: "Blocked" },
  name: { id: "Nama", en: "Name" },
  phone: { id: "Telepon", en: "Phone" },
  presence: { id: "Kehadiran", en: "Presence" },
  load: { id: "Percakapan", en: "Chats" },
  load_of: { id: "{n} dari {most}", en: "{n} of {most}" },
  full: { id: "penuh", en: "full" },
  do: { id: "Tindakan", en: "Action" },
  online_connected: { id: "Online", en: "Online" },
  online_away: { id: "Online, aplikasi tidak tersambung", en: "Online, app not connected" },
  online_stale: { id: "Online, tanda hidup terlambat", en: "Online, heartbeat late" },
  offline: { id: "Offline", en: "Offline" },
  blocked: { id: "Diblokir", en: "Blocked" },
  blocked_since: { id: "sejak {when}", en: "since {when}" },
  heard: { id: "tanda hidup {ago} lalu", en: "heartbeat {ago} ago" },
  never_heard: { id: "belum pernah online", en: "never online yet" },
  empty_title: { id: "Tidak ada mitra yang cocok", en: "No mitra matches" },
  empty_text: {
    id: "Longgarkan saringan, atau daftarkan mitra baru.",
    en: "Loosen the filters, or register somebody.",
  },

  register: { id: "Daftarkan mitra", en: "Register a mitra" },
  register_title: { id: "Daftarkan mitra", en: "Register a mitra" },
  register_text: {
    id: "Setelah terdaftar, ia bisa masuk di aplikasi mitra dengan kode yang dikirim ke nomor ini.",
    en: "Once registered they can sign in to the mitra app with a code that is sent to this phone.",
  },
  phone_hint: {
    id: "Misalnya +6281234567890 atau 081234567890",
    en: "Such as +6281234567890 or 081234567890",
  },
  phone_wrong: { id: "Nomor telepon ini belum benar.", en: "This is no phone number." },
  name_hint: {
    id: "Nama yang dilihat pelanggan, paling banyak 40 karakter",
    en: "The name customers see, at most 40 characters",
  },
  name_wrong: {
    id: "Nama 1 sampai 40 karakter, satu baris.",
    en: "A name of 1 to 40 characters, on one line.",
  },
  registered: { id: "{name} terdaftar.", en: "{name} is registered." },
  phone_taken: {
    id: "Nomor ini sudah terdaftar atas nama {name}.",
    en: "This phone is already registered for {name}.",
  },
  steps: { id: "Riwayat", en: "Story" },
  steps_of: { id: "Riwayat kehadiran dan blokir {name}", en: "Story of {name}: presence and blocks" },
  rename: { id: "Ganti nama", en: "Rename" },
  rename_it: { id: "Ganti nama {name}", en: "Rename {name}" },
  rename_title: { id: "Ganti nama {name}", en: "Rename {name}" },
  renamed: { id: "Sekarang bernama {name}.", en: "They are called {name} now." },
  block: { id: "Blokir", en: "Block" },
  block_it: { id: "Blokir {name}", en: "Block {name}" },
  block_title: { id: "Blokir {name}?", en: "Block {name}?" },
  block_text: { id: "Begitu diblokir:", en: "As soon as they are blocked:" },
  block_out: {
    id: "ia keluar dari semua perangkat dan tidak bisa masuk lagi,",
    en: "they are signed out everywhere and cannot sign in,",
  },
  block_offers: {
    id: "tawaran yang sedang terbuka baginya ditarik,",
    en: "offers that are open to them are withdrawn,",
  },
  block_chats: {
    id: ({ n }) =>
      n === 0
        ? "saat ini tidak ada percakapan yang terputus."
        : `${n} percakapan yang berjalan langsung berakhir.`,
    en: ({ n }) =>
      n === 0
        ? "no conversation is cut off at the moment."
        : `${n} conversation${n === 1 ? "" : "s"} end${n === 1 ? "s" : ""} at once.`,
  },
  block_done: { id: "{name} diblokir.", en: "{name} is blocked." },
  unblock: { id: "Buka blokir", en: "Unblock" },
  unblock_it: { id: "Buka blokir {name}", en: "Unblock {name}" },
  unblock_title: { id: "Buka blokir {name}?", en: "Unblock {name}?" },
  unblock_text: {
    id: "Ia bisa masuk lagi, dan menerima curhat setelah menyalakan status online sendiri.",
    en: "They can sign in again, and take conversations once they go online themselves.",
  },
  unblock_done: { id: "{name} bisa masuk lagi.", en: "{name} can sign in again." },
});
