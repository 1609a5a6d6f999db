// Looking for a bestie, finding one, or not; and looking back.

export const PAIRING = {
  search_title: { id: "Mencari bestie untukmu", en: "Looking for your bestie" },
  search_text: {
    id: "Biasanya tidak sampai semenit. Tarik napas dulu, ya.",
    en: "It rarely takes a minute. Take a breath.",
  },
  search_elapsed: { id: "Sudah mencari {time}", en: "Searching for {time}" },
  search_starting: { id: "Memulai pencarian...", en: "Starting the search..." },
  search_cancel: { id: "Batalkan pencarian", en: "Cancel the search" },
  search_cancel_sure: { id: "Batalkan pencarian?", en: "Cancel the search?" },
  search_cancel_money: {
    id: "{amount} yang sudah kamu bayar akan dikembalikan oleh tim kami.",
    en: "Our team will refund the {amount} that you paid.",
  },
  search_cancel_free: { id: "Kamu bisa mulai lagi kapan saja.", en: "You can start again at any time." },
  search_go_on: { id: "Tetap cari", en: "Keep looking" },
  search_cancelled: { id: "Pencarian dibatalkan.", en: "The search was cancelled." },
  asking_title: { id: "Menunggu konfirmasi bestie...", en: "Waiting for your bestie..." },
  asking_text: { id: "Kami sedang tanya {name}.", en: "We are asking {name}." },
  asking_cancel: { id: "Batal", en: "Cancel" },

  found_title: { id: "Bestie ditemukan", en: "We found your bestie" },
  found_text: { id: "{name} siap mendengarkan.", en: "{name} is ready to listen." },
  found_go: { id: "Mulai ngobrol", en: "Start talking" },

  failed_title: {
    id: "Maaf, kami tidak bisa menemukan bestie...",
    en: "Sorry, we could not find a bestie...",
  },
  failed_no_mitra_available: {
    id: "Semua bestie sedang mendengarkan orang lain.",
    en: "Every bestie is listening to somebody else.",
  },
  failed_all_mitras_rejected: {
    id: "Bestie yang ada sedang tidak bisa menerima curhat.",
    en: "Those who are there cannot take a chat right now.",
  },
  failed_payment_session_expired: {
    id: "Waktunya habis sebelum pencarian selesai.",
    en: "The time was over before we found anybody.",
  },
  failed_operator_ended: { id: "Tim kami menghentikan pencarian ini.", en: "Our team ended this search." },
  failed_reuse: {
    id: "Pembayaranmu masih berlaku {left} lagi. Coba lagi tanpa bayar ulang.",
    en: "Your payment is good for {left}. Try again without paying.",
  },
  failed_refund: {
    id: "{amount} yang sudah kamu bayar akan dikembalikan oleh tim kami.",
    en: "Our team will refund the {amount} that you paid.",
  },
  failed_refunded: { id: "{amount} sudah kami kembalikan.", en: "{amount} was refunded." },
  failed_retry: { id: "Coba lagi", en: "Try again" },
  failed_home: { id: "Kembali ke beranda", en: "Back to home" },
  failed_over: {
    id: "Pembayaran ini sudah tidak bisa dipakai.",
    en: "This payment cannot be used any more.",
  },
  failed_actioned: {
    id: "Tim kami sudah menangani uangmu.",
    en: "Our team has already dealt with your money.",
  },
  offline_title: { id: "Bestie sedang tidak online", en: "Your bestie is not online" },
  offline_targeted_mitra_offline: {
    id: "{name} sedang tidak bisa dihubungi.",
    en: "{name} cannot be reached right now.",
  },
  offline_full: {
    id: "{name} sedang mendengarkan orang lain.",
    en: "{name} is listening to others right now.",
  },
  offline_targeted_mitra_rejected: {
    id: "{name} belum bisa menemani sekarang.",
    en: "{name} cannot be there right now.",
  },
  offline_targeted_mitra_timeout: {
    id: "{name} tidak sempat menjawab.",
    en: "{name} did not answer in time.",
  },
  offline_unpaid: { id: "Tenang, belum ada yang ditagih.", en: "Nothing was charged." },
  offline_reuse: {
    id: "Pembayaranmu bisa dipakai untuk bestie lain, {left} lagi.",
    en: "Your payment is good for another bestie, for {left}.",
  },
  offline_kept: {
    id: "Uangmu tetap bisa dipakai {left} lagi, sampai pukul {until}. "
      + "Tombolnya muncul di sini begitu ada bestie lain yang siap.",
    en: "Your money stays good for {left}, until {until}. "
      + "A button appears here as soon as another bestie is there.",
  },
  offline_nobody: {
    id: "Saat ini belum ada bestie lain yang siap.",
    en: "No other bestie is available right now.",
  },
  other_bestie: { id: "Chat dengan bestie lain", en: "Talk with another bestie" },
  back: { id: "Kembali", en: "Back" },

  history_title: { id: "Riwayat curhat", en: "Your chats" },
  history_empty: { id: "Belum ada cerita di sini", en: "Nothing here yet" },
  history_empty_text: { id: "Obrolanmu akan tersimpan di sini.", en: "Your chats will be kept here." },
  history_again: { id: "Curhat lagi", en: "Talk again" },
  history_again_with: { id: "Curhat lagi dengan {name}", en: "Talk with {name} again" },
  history_open: { id: "Kembali ke obrolan", en: "Back to the chat" },
  history_read: { id: "Baca lagi", en: "Read it again" },
  history_live: { id: "Sedang berlangsung", en: "Going on now" },
  history_message: { id: "Pesan penutupmu", en: "Your closing words" },
  ended_customer_ended: { id: "Kamu yang mengakhiri", en: "You ended it" },
  ended_mitra_ended: { id: "Diakhiri bestie", en: "Ended by your bestie" },
  ended_time_up: { id: "Waktunya habis", en: "Time was up" },
  ended_operator_ended: { id: "Dihentikan tim kami", en: "Ended by our team" },
};
