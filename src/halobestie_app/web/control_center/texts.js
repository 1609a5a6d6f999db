// The texts of the shell and of signing in. Each page has its own beside it.

import { catalogue } from "common/texts.js";

export const t = catalogue({
  app_title: { id: "Halo Bestie · Pusat Kendali", en: "Halo Bestie · Control center" },
  app_name: { id: "Pusat Kendali", en: "Control center" },

  nav: { id: "Halaman", en: "Pages" },
  nav_menu: { id: "Menu", en: "Menu" },
  nav_close: { id: "Tutup menu", en: "Close menu" },
  nav_dashboard: { id: "Dasbor", en: "Dashboard" },
  nav_failures: { id: "Gagal pairing", en: "Failed pairings" },
  nav_sessions: { id: "Sesi", en: "Sessions" },
  nav_mitras: { id: "Mitra", en: "Mitras" },
  nav_pricing: { id: "Harga", en: "Pricing" },
  nav_settings: { id: "Pengaturan", en: "Settings" },
  nav_quarantine: { id: "Karantina", en: "Quarantine" },
  nav_audit: { id: "Audit", en: "Audit" },
  nav_waiting: { id: "{count} menunggu", en: "{count} waiting" },
  skip: { id: "Langsung ke isi", en: "Skip to content" },

  account: { id: "Akun dan tampilan", en: "Account and appearance" },
  signed_in_as: { id: "Masuk sebagai", en: "Signed in as" },
  sign_out: { id: "Keluar", en: "Sign out" },

  live: { id: "Langsung", en: "Live" },
  live_polling: { id: "Tiap beberapa detik", en: "Every few seconds" },
  live_connecting: { id: "Menyambung…", en: "Connecting…" },
  live_away: { id: "Terputus, mencoba lagi…", en: "Cut off, trying again…" },

  not_found: { id: "Halaman ini tidak ada", en: "There is no such page" },
  not_found_text: { id: "Mungkin tautannya sudah lama.", en: "The link may be an old one." },
  not_found_back: { id: "Ke dasbor", en: "To the dashboard" },

  sign_in_title: { id: "Masuk", en: "Sign in" },
  sign_in_lead: {
    id: "Untuk tim yang menjaga Halo Bestie tetap berjalan.",
    en: "For the team that keeps Halo Bestie going.",
  },
  sign_in_email: { id: "E-mail", en: "E-mail" },
  sign_in_password: { id: "Kata sandi", en: "Password" },
  sign_in_button: { id: "Masuk", en: "Sign in" },
  sign_in_wrong: {
    id: "E-mail atau kata sandi tidak cocok. Periksa lagi, ya.",
    en: "E-mail and password do not match. Please check both.",
  },
  sign_in_wait: {
    id: "Sudah beberapa kali gagal. Demi keamanan, tunggu {time} lalu coba lagi.",
    en: "That failed a few times. To be safe, wait {time} and try again.",
  },
  sign_in_again: { id: "Sekarang bisa dicoba lagi.", en: "You can try again now." },
  sign_in_missing: { id: "Isi dulu, ya.", en: "Please fill this in." },
});
