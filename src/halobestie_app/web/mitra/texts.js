// What the mitra's app says.

import { catalogue } from "common/texts.js";

const many = (one, more) => ({ count }) => (count === 1 ? one : `${count} ${more}`);

export const t = catalogue({
  app: { id: "Halo Bestie Mitra", en: "Halo Bestie Mitra" },

  // Logging in
  login_title: { id: "Selamat datang, Bestie", en: "Welcome, Bestie" },
  login_lead: {
    id: "Masuk dengan nomor HP yang terdaftar sebagai mitra.",
    en: "Sign in with the phone number that is registered as a mitra.",
  },
  phone: { id: "Nomor HP", en: "Phone number" },
  phone_hint: { id: "Contoh: 0812 3456 7890", en: "For example 0812 3456 7890" },
  phone_wrong: { id: "Nomornya belum lengkap. Periksa lagi, ya.", en: "That number is not complete yet." },
  send_code: { id: "Kirim kode", en: "Send the code" },
  code: { id: "Kode 6 angka", en: "6-digit code" },
  code_lead: { id: "Kami kirim kode ke {phone}.", en: "We sent a code to {phone}." },
  code_wrong: { id: "Kodenya 6 angka.", en: "The code has 6 digits." },
  sign_in: { id: "Masuk", en: "Sign in" },
  resend: { id: "Kirim ulang kode", en: "Send another code" },
  resend_in: { id: "Kirim ulang dalam {time}", en: "Send another in {time}" },
  other_phone: { id: "Ganti nomor", en: "Use another number" },
  not_registered_title: { id: "Nomor ini belum terdaftar", en: "This number is not registered" },
  not_registered: {
    id: "{phone} belum terdaftar sebagai mitra Halo Bestie. Mungkin kamu daftar dengan nomor lain? "
      + "Kalau ingin bergabung, tim kami senang membantu.",
    en: "{phone} is not registered as a Halo Bestie mitra. Perhaps you joined with another number? "
      + "If you would like to join, our team is glad to help.",
  },
  support: { id: "Hubungi kami:", en: "Reach us at" },

  // Places
  home: { id: "Beranda", en: "Home" },
  invitations: { id: "Undangan", en: "Invitations" },
  extensions: { id: "Perpanjang", en: "Extensions" },
  history: { id: "Riwayat", en: "History" },
  profile: { id: "Profil", en: "Profile" },
  waiting_count: { id: "{count} menunggu", en: "{count} waiting" },

  // On and off
  hello: { id: "Hai, {name}", en: "Hi, {name}" },
  online: { id: "Kamu online", en: "You are online" },
  offline: { id: "Kamu offline", en: "You are offline" },
  online_hint: { id: "Permintaan curhat akan muncul di sini.", en: "Requests will appear here." },
  online_full: {
    id: "Obrolanmu sedang penuh ({count}). Permintaan baru menunggu tempat kosong.",
    en: "Your chats are full ({count}). New requests wait for a free place.",
  },
  offline_hint: {
    id: "Nyalakan kalau kamu siap mendengarkan.",
    en: "Switch on when you are ready to listen.",
  },
  switch_label: { id: "Terima permintaan curhat", en: "Take requests" },
  load: { id: "{count} dari {most} obrolan", en: "{count} of {most} chats" },
  stale_title: { id: "Kamu sekarang offline", en: "You are offline now" },
  stale: {
    id: "Koneksimu sempat terputus, jadi kami hentikan permintaan baru dulu. "
      + "Obrolan yang berjalan tetap aman.",
    en: "We lost touch for a while, so no new requests come for now. Chats that are running go on.",
  },
  unknown: {
    id: "Mungkin koneksimu terputus, atau dimatikan dari perangkat lain. Obrolan yang berjalan tetap aman.",
    en: "The connection was lost, or it was switched off on another device. Chats that are running go on.",
  },
  blocked: {
    id: "Akunmu sedang dinonaktifkan. Hubungi tim kami kalau menurutmu ini keliru.",
    en: "Your account is disabled. Talk to our team if you think this is a mistake.",
  },
  online_again: { id: "Online lagi", en: "Go online again" },

  // Chats
  chats: { id: "Obrolan", en: "Chats" },
  no_chats: { id: "Belum ada obrolan", en: "No chats yet" },
  no_chats_online: {
    id: "Tenang saja, begitu ada yang ingin curhat kamu langsung tahu.",
    en: "As soon as somebody wants to talk you will know.",
  },
  no_chats_offline: {
    id: "Online dulu supaya kamu bisa ditemukan.",
    en: "Go online so that you can be found.",
  },
  unread: { id: many("1 belum dibaca", "belum dibaca"), en: many("1 unread", "unread") },
  extending: { id: "Minta perpanjang", en: "Asks for more time" },
  closing: { id: "Pamit", en: "Goodbye" },
  sensitive: { id: "Topik sensitif", en: "Sensitive topic" },
  normal: { id: "Topik umum", en: "General topic" },
  end: { id: "Akhiri", en: "End" },
  end_title: { id: "Akhiri obrolan ini?", en: "End this chat?" },
  end_text: {
    id: "Waktu {name} sudah habis. Pastikan kalian sudah saling pamit, ya.",
    en: "{name}'s time is over. Make sure that you have said goodbye.",
  },
  end_yes: { id: "Ya, akhiri", en: "Yes, end it" },
  to_home: { id: "Kembali ke beranda", en: "Back to home" },
  ended_by_me: {
    id: "Obrolan dengan {name} selesai. Terima kasih sudah menemani.",
    en: "The chat with {name} is over. Thank you.",
  },
  ended_by_others: { id: "Obrolan dengan {name} sudah selesai.", en: "The chat with {name} is over." },

  // Requests
  offer_general: { id: "Permintaan curhat baru", en: "New request" },
  offer_returning: { id: "Curhat lagi, khusus denganmu", en: "Wants to talk with you again" },
  offer_text: {
    id: "{name} ingin curhat {minutes} menit",
    en: "{name} would like to talk for {minutes} minutes",
  },
  offer_left: { id: "untuk menjawab", en: "to answer" },
  offer_overdue: { id: "Sebentar, menunggu kabar dari server…", en: "One moment, waiting for the server…" },
  accept: { id: "Terima", en: "Accept" },
  decline: { id: "Tolak", en: "Decline" },
  more_cards: { id: "+{count} lagi di {place}", en: "{count} more in {place}" },
  more: { id: "dan {count} lagi", en: "and {count} more" },
  make_small: { id: "Kecilkan", en: "Make it small" },
  cards: { id: "Permintaan yang menunggu jawaban", en: "Requests that wait for an answer" },
  no_offers: { id: "Belum ada undangan", en: "No invitations" },
  no_offers_text: {
    id: "Undangan yang masuk menunggu jawabanmu di sini.",
    en: "What comes in waits here for your answer.",
  },
  closed_taken: {
    id: "Curhat {name} sudah diambil bestie lain.",
    en: "Another bestie is with {name} already.",
  },
  closed_cancelled: { id: "{name} membatalkan permintaannya.", en: "{name} cancelled the request." },
  closed_timeout: { id: "Waktu menjawab {name} sudah habis.", en: "The time to answer {name} is over." },
  closed_withdrawn: { id: "Permintaan {name} sudah ditarik.", en: "The request of {name} was withdrawn." },
  closed_closed: { id: "Permintaan {name} sudah ditutup.", en: "The request of {name} is closed." },
  declined_general: {
    id: "Tidak apa-apa. Bestie lain akan menemani {name}.",
    en: "That is fine. Another bestie will be there for {name}.",
  },
  declined_returning: {
    id: "Tidak apa-apa. Kami kabari {name} dengan halus.",
    en: "That is fine. We will tell {name} gently.",
  },
  accept_offline: {
    id: "Kamu sedang offline, jadi belum bisa menerima. Online dulu, ya.",
    en: "You are offline and cannot accept. Go online first.",
  },
  accept_full: {
    id: "Obrolanmu sedang penuh. Selesaikan satu dulu, ya.",
    en: "Your chats are full. Finish one first.",
  },

  // More time
  extension_title: { id: "Permintaan perpanjang", en: "More time" },
  extension_text: {
    id: "{name} mau lanjut +{minutes} menit",
    en: "{name} would like {minutes} more minutes",
  },
  silence_auto_approve: {
    id: "Tidak menjawab dalam {seconds} detik = otomatis disetujui",
    en: "No answer within {seconds} seconds = approved automatically",
  },
  silence_auto_reject: {
    id: "Tidak menjawab dalam {seconds} detik = otomatis ditolak",
    en: "No answer within {seconds} seconds = declined automatically",
  },
  approve: { id: "Setujui", en: "Approve" },
  refuse: { id: "Tolak", en: "Decline" },
  open_chat: { id: "Buka obrolan", en: "Open the chat" },
  no_extensions: { id: "Belum ada permintaan perpanjang", en: "Nobody asks for more time" },
  no_extensions_text: {
    id: "Saat seseorang ingin lanjut, permintaannya muncul di sini.",
    en: "When somebody would like to go on, it appears here.",
  },
  extended: {
    id: "Diperpanjang {minutes} menit. Lanjut menemani {name}, ya.",
    en: "{minutes} more minutes with {name}.",
  },
  refused: { id: "Kamu tidak memperpanjang dengan {name}.", en: "You did not extend the chat with {name}." },
  extended_by_itself: {
    id: "Obrolan dengan {name} diperpanjang {minutes} menit.",
    en: "The chat with {name} goes on for {minutes} more minutes.",
  },
  not_extended: {
    id: "Obrolan dengan {name} tidak jadi diperpanjang.",
    en: "The chat with {name} was not extended.",
  },
  extension_resolved: { id: "Permintaan ini sudah terjawab sebelumnya.", en: "This was answered before." },

  // Notifications, as on the phone
  notify_offer: { id: "Curhat Baru", en: "New request" },
  notify_offer_text: {
    id: "{name} ingin curhat {minutes} menit",
    en: "{name} would like to talk for {minutes} minutes",
  },
  notify_extension: { id: "Permintaan Perpanjang", en: "More time" },
  notify_extension_text: {
    id: "{name} mau lanjut +{minutes} menit",
    en: "{name} would like {minutes} more minutes",
  },
  notify_message: { id: "Pesan baru", en: "New message" },

  // History and profile
  no_history: { id: "Belum ada riwayat", en: "No history yet" },
  no_history_text: {
    id: "Obrolan yang selesai tersimpan di sini.",
    en: "Chats that are over are kept here.",
  },
  end_time_up: { id: "Selesai waktunya", en: "Time was up" },
  end_customer_ended: { id: "Diakhiri customer", en: "Ended by the customer" },
  end_mitra_ended: { id: "Kamu akhiri", en: "Ended by you" },
  end_operator_ended: { id: "Diakhiri tim kami", en: "Ended by our team" },
  closing_message: { id: "Pesan penutup", en: "Closing message" },
  minutes: { id: "{count} menit", en: many("1 minute", "minutes") },
  name: { id: "Nama yang dilihat customer", en: "The name that customers see" },
  name_wrong: { id: "Isi 1 sampai 40 huruf, ya.", en: "1 to 40 characters, please." },
  name_saved: { id: "Nama sudah disimpan.", en: "The name was saved." },
  alerts: { id: "Suara dan notifikasi", en: "Sound and notifications" },
  sound: { id: "Suara saat ada permintaan", en: "Sound on a new request" },
  sound_hint: {
    id: "Dua nada lembut, sekali lagi kalau belum dijawab.",
    en: "Two soft tones, once more if unanswered.",
  },
  notify: { id: "Notifikasi browser", en: "Browser notifications" },
  notify_default: {
    id: "Muncul saat kamu membuka jendela lain.",
    en: "Shown while you look at another window.",
  },
  notify_granted: { id: "Menyala di perangkat ini.", en: "On, on this device." },
  notify_denied: {
    id: "Dimatikan di browser. Bisa kamu izinkan lagi lewat pengaturan situs.",
    en: "Off in the browser. You can allow them again in its site settings.",
  },
  notify_unsupported: { id: "Browser ini tidak mendukungnya.", en: "This browser has none." },
  notify_allow: { id: "Izinkan", en: "Allow" },
  look: { id: "Bahasa dan tampilan", en: "Language and appearance" },
  log_out: { id: "Keluar", en: "Log out" },
  log_out_title: { id: "Keluar dari akun?", en: "Log out?" },
  log_out_text: {
    id: "Kamu akan offline dan tidak menerima permintaan baru.",
    en: "You go offline and get no new requests.",
  },
  log_out_live: {
    id: "Masih ada obrolan yang berjalan. Sebaiknya selesaikan dulu, ya.",
    en: "A chat is still running. Better finish it first.",
  },
});
