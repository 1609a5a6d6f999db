// Around a chat: more time, the pause, the end.

export const TALKING = {
  ok: { id: "Oke", en: "OK" },
  chat_extend: { id: "Perpanjang", en: "More time" },
  chat_end_long: { id: "Cukup, akhiri sesi", en: "That is enough, end it" },
  soon_title: { id: "Waktumu hampir habis", en: "Your time is almost up" },
  soon_text: { id: "Masih mau cerita? Perpanjang supaya tidak terputus.", en: "More to say? Add some time." },
  closing_title: { id: "Waktunya sudah habis", en: "Time is up" },
  closing_text: {
    id: "Masih ada {left} untuk berpamitan, atau perpanjang.",
    en: "{left} to say goodbye, or to add time.",
  },

  extend_title: { id: "Perpanjang waktu", en: "Add time" },
  extend_text: {
    id: "{name} akan ditanya dulu. Kalau tidak bisa, uangmu kembali.",
    en: "We ask {name} first. If it is a no, you get your money back.",
  },
  extend_waiting: { id: "Menunggu pembayaran perpanjangan", en: "Waiting for your payment" },
  extend_bar: {
    id: "Pembayaran perpanjangan menunggu, sisa {left}.",
    en: "The payment for more time is waiting, {left} left.",
  },
  extend_bar_action: { id: "Lanjutkan", en: "Go on" },
  extend_paid: { id: "Perpanjangan {count} menit sudah dibayar.", en: "{count} more minutes are paid for." },
  extend_use: { id: "Pakai sekarang", en: "Use them now" },
  extend_asking: { id: "Meneruskan ke {name}...", en: "Passing it on to {name}..." },
  paused_title: { id: "Menunggu jawaban {name}", en: "Waiting for {name}" },
  paused_text: {
    id: "Waktumu berhenti dulu, jadi tidak ada yang hilang.",
    en: "Your time stands still, so nothing is lost.",
  },
  paused_approve: { id: "Kalau tidak dijawab, otomatis disetujui.", en: "No answer means yes." },
  paused_reject: {
    id: "Kalau tidak dijawab, uangmu kembali.",
    en: "No answer means you get your money back.",
  },
  extended: {
    id: "Ditambah {count} menit. Lanjut ceritanya, ya.",
    en: "{count} more minutes. Go on, we are here.",
  },
  extended_silently: {
    id: "Perpanjangan disetujui otomatis: +{count} menit.",
    en: "Approved by itself: {count} more minutes.",
  },
  refused: {
    id: "{name} belum bisa lanjut. Uangmu akan dikembalikan.",
    en: "{name} cannot go on. You will get your money back.",
  },
  refused_timeout: {
    id: "Tidak ada jawaban. Uangmu akan dikembalikan.",
    en: "There was no answer. You will get your money back.",
  },
  refused_safeguard: {
    id: "{name} sedang terputus, jadi tidak ditagih. Uangmu akan dikembalikan.",
    en: "{name} was not connected, so it was not charged. You will get your money back.",
  },

  end_sure: { id: "Cukup untuk hari ini?", en: "Enough for today?" },
  end_sure_text: {
    id: "Sisa waktumu {left} tidak bisa dipakai lagi setelah sesi diakhiri.",
    en: "The {left} you have left cannot be used afterwards.",
  },
  end_sure_over: { id: "Kamu bisa curhat lagi kapan saja.", en: "You can talk again at any time." },
  end_yes: { id: "Ya, cukup", en: "Yes, enough" },
  end_no: { id: "Lanjut ngobrol", en: "Keep talking" },
  end_really: { id: "Yakin mau mengakhiri sesi?", en: "Really end the session?" },
  end_really_text: {
    id: "Obrolan dengan {name} langsung ditutup.",
    en: "The chat with {name} closes at once.",
  },
  end_do: { id: "Ya, akhiri sesi", en: "Yes, end it" },
  goodbye_title: { id: "Pesan penutup untuk {name}", en: "Closing words for {name}" },
  goodbye_text: { id: "Boleh terima kasih, boleh apa saja.", en: "A thank you, or whatever you like." },
  goodbye_label: { id: "Pesan penutup", en: "Closing words" },
  goodbye_send: { id: "Kirim dan selesai", en: "Send and finish" },
  goodbye_skip: { id: "Lewati saja", en: "Just skip it" },
  goodbye_long: { id: "Terlalu panjang: paling banyak 1.000 huruf.", en: "Too long: at most 1,000 letters." },
  goodbye_done: {
    id: "Sesi selesai. Terima kasih sudah bercerita.",
    en: "The session is over. Thank you for sharing.",
  },
  goodbye_unkept: {
    id: "Sesi sudah selesai lebih dulu, jadi pesan penutupmu tidak terkirim.",
    en: "The session was over already, so your closing words were not sent.",
  },

  copy: { id: "Salin pesan", en: "Copy the words" },
  copied: { id: "Pesanmu sudah disalin.", en: "Your words were copied." },
  copy_yourself: {
    id: "Belum bisa disalin. Pilih teksnya, lalu salin sendiri, ya.",
    en: "They could not be copied. Please select them yourself.",
  },

  over_title: { id: "Sesi selesai", en: "The session is over" },
  over_time_up: {
    id: "Waktunya habis. Terima kasih sudah bercerita dengan {name}.",
    en: "Time was up. Thank you for talking with {name}.",
  },
  over_mitra_ended: {
    id: "{name} sudah pamit. Terima kasih sudah bercerita.",
    en: "{name} said goodbye. Thank you for sharing.",
  },
  over_operator_ended: {
    id: "Tim kami menghentikan sesi ini. Terima kasih sudah bercerita.",
    en: "Our team ended this session. Thank you for sharing.",
  },
  over_customer_ended: {
    id: "Terima kasih sudah bercerita dengan {name}.",
    en: "Thank you for talking with {name}.",
  },
  over_unsent: {
    id: "Pesan terakhirmu mungkin belum sempat terkirim.",
    en: "Your last words may not have got through.",
  },
  over_home: { id: "Ke beranda", en: "To home" },
};
