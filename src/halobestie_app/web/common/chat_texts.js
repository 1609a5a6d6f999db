// What the chat says to both sides.

import { catalogue } from "common/texts.js";

export const t = catalogue({
  chat_with: { id: "Obrolan dengan {name}", en: "Chat with {name}" },
  messages: { id: "Isi obrolan", en: "Messages" },
  you: { id: "Kamu", en: "You" },
  write: { id: "Tulis pesan…", en: "Write a message…" },
  write_paused: { id: "Sedang dijeda sebentar…", en: "Paused for a moment…" },
  send: { id: "Kirim", en: "Send" },
  typing: { id: "{name} sedang mengetik…", en: "{name} is typing…" },
  news: {
    id: "{count} pesan baru",
    en: ({ count }) => (count === 1 ? "1 new message" : `${count} new messages`),
  },
  erased: { id: "Pesan ini sudah dihapus", en: "This message was erased" },
  empty_customer: {
    id: "{name} siap mendengarkan. Mulai dari mana saja, pelan-pelan juga tidak apa-apa.",
    en: "{name} is here to listen. Start anywhere, take your time.",
  },
  empty_mitra: {
    id: "Sapa {name} dengan hangat, lalu beri waktu untuk bercerita.",
    en: "Say a warm hello to {name}, then give them time to talk.",
  },
  cannot_load: {
    id: "Pesan belum bisa dimuat. Kami coba terus, ya.",
    en: "Messages cannot be loaded yet. We keep trying.",
  },
  mark_pending: { id: "Menunggu terkirim", en: "Waiting to be sent" },
  mark_sent: { id: "Terkirim", en: "Sent" },
  mark_read: { id: "Dibaca", en: "Read" },
  mark_failed: { id: "Gagal terkirim", en: "Not sent" },
  failed: { id: "Belum terkirim.", en: "Not sent." },
  failed_over: { id: "Tidak terkirim, sesi sudah selesai.", en: "Not sent, the session is over." },
  again: { id: "Kirim ulang", en: "Send again" },
  drop: { id: "Hapus", en: "Remove" },
  room: { id: "Sisa {count} karakter", en: "{count} characters left" },
  too_long: { id: "Kepanjangan {count} karakter", en: "{count} characters too long" },
  time_left: { id: "Sisa waktu:", en: "Time left:" },
  goodbye_left: { id: "Sisa waktu berpamitan:", en: "Time left to say goodbye:" },
  left_said: { id: "Sisa waktu {time}", en: "{time} left" },
  peer_here: { id: "Sedang di sini", en: "Here now" },
  peer_online: { id: "Online", en: "Online" },
  peer_away: { id: "Sedang tidak di sini", en: "Not here right now" },
  paused_customer: {
    id: "Obrolan dijeda sebentar sambil menunggu jawaban bestie. Waktumu tidak berjalan.",
    en: "Paused for a moment while your bestie answers. Your time is not running.",
  },
  paused_mitra: {
    id: "Obrolan dijeda sampai permintaan perpanjang dijawab.",
    en: "Paused until the request for more time is answered.",
  },
  closing: {
    id: "Waktunya sudah habis. Kalian masih bisa saling pamit.",
    en: "Time is up. You can still say goodbye.",
  },
  ended: { id: "Sesi ini sudah selesai.", en: "This session is over." },
});
