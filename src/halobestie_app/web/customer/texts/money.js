// Prices, paying, and what became of the money.

export const MONEY = {
  pay_title: { id: "Pilih waktumu", en: "Choose your time" },
  pay_title_again: { id: "Curhat lagi dengan {name}", en: "Talk with {name} again" },
  pay_again_text: {
    id: "Setelah bayar, kami langsung tanya {name}.",
    en: "Once it is paid we ask {name} at once.",
  },
  this_bestie: { id: "bestie ini", en: "this bestie" },
  tiers: { id: "Durasi", en: "Length" },
  minutes: { id: "{count} menit", en: "{count} minutes" },
  free: { id: "Gratis", en: "Free" },
  list_price: { id: "Harga biasa", en: "Usually" },
  your_price: { id: "hargamu", en: "you pay" },
  total: { id: "Total", en: "Total" },
  pay: { id: "Bayar", en: "Pay" },
  begin: { id: "Mulai", en: "Start" },
  pay_note: {
    id: "Belum ada yang ditagih sebelum kamu menekan tombol ini.",
    en: "Nothing is charged before you press this.",
  },
  spare_text: {
    id: "{amount} untuk {count} menit, berlaku {left} lagi.",
    en: "{amount} for {count} minutes, good for another {left}.",
  },
  spare_text_free: {
    id: "Sesi gratis {count} menit, berlaku {left} lagi.",
    en: "A free session of {count} minutes, good for another {left}.",
  },
  spare_use: { id: "Pakai pembayaran yang tadi", en: "Use the payment I made" },
  spare_sure: { id: "Bayar yang baru?", en: "Pay once more?" },
  spare_sure_text: {
    id: "{amount} yang tadi masih bisa dipakai {left} lagi. Kalau bayar baru, uang itu tidak bisa "
      + "dipakai lagi dan akan dikembalikan oleh tim kami.",
    en: "The {amount} you paid is good for another {left}. Pay anew, and it cannot be used any more: "
      + "our team will refund it.",
  },
  spare_pay: { id: "Tetap bayar baru", en: "Pay anew" },
  spare_other: {
    id: "{amount} yang tadi kamu bayar bisa dipakai untuk bestie lain.",
    en: "The {amount} you paid is good for another bestie.",
  },
  spare_other_free: {
    id: "Sesi gratismu bisa dipakai untuk bestie lain.",
    en: "Your free session is good for another bestie.",
  },
  topic: { id: "Topiknya cukup berat", en: "It is a heavy topic" },
  topic_hint: {
    id: "Bestie-mu jadi tahu untuk lebih berhati-hati.",
    en: "So that your bestie knows to take extra care.",
  },
  no_tiers: { id: "Belum ada pilihan waktu", en: "Nothing to choose from yet" },
  no_tiers_text: { id: "Coba lagi sebentar lagi, ya.", en: "Please try again in a while." },
  dearer: {
    id: "Harganya baru saja berubah jadi {amount}. Belum ada yang ditagih: lanjutkan kalau kamu setuju.",
    en: "The price has just changed to {amount}. Nothing was charged: go on only if that is fine.",
  },
  time_left_to_pay: { id: "Sisa waktu bayar", en: "Time left to pay" },
  pending_title: { id: "Satu langkah lagi", en: "One more step" },
  pending_text: {
    id: "Pesananmu sudah kami simpan. Selesaikan sebelum waktunya habis.",
    en: "Your order is kept. Finish it before the time is over.",
  },
  waiting_title: { id: "Menunggu pembayaranmu", en: "Waiting for your payment" },
  waiting_text: {
    id: "Halaman pembayaran terbuka di tab lain. Selesaikan di sana, halaman ini lanjut sendiri.",
    en: "The payment page is open in another tab. Pay there; this page goes on by itself.",
  },
  waiting_blocked: {
    id: "Browser-mu menahan jendela pembayaran. Ketuk tombol di bawah untuk membukanya.",
    en: "Your browser held the payment page back. Tap the button below to open it.",
  },
  waiting_page: { id: "Menyiapkan halaman pembayaran...", en: "Preparing the payment page..." },
  open_page: { id: "Buka halaman pembayaran", en: "Open the payment page" },
  open_page_again: { id: "Buka ulang halaman pembayaran", en: "Open the payment page again" },
  check_now: { id: "Saya sudah bayar", en: "I have paid" },
  not_there_yet: {
    id: "Belum masuk. Biasanya hanya beberapa detik.",
    en: "Not here yet. It usually takes seconds.",
  },
  waiting_leave: {
    id: "Kamu boleh pindah halaman. Pembayaran ini tetap menunggu.",
    en: "You may leave this page: the payment keeps waiting.",
  },
  expired_title: { id: "Waktu bayarnya habis", en: "The time to pay is over" },
  expired_text: {
    id: "Tidak ada yang ditagih. Kalau masih mau curhat, kita mulai lagi, ya.",
    en: "Nothing was charged. If you still want to talk, let us start again.",
  },
  expired_open: {
    id: "Pembayaranmu belum kami terima. Kalau masih mau curhat, kita mulai lagi, ya.",
    en: "Your payment has not reached us. If you still want to talk, let us start again.",
  },
  paid_after_all: {
    id: "Kalau ternyata sudah terbayar, tenang: uangnya kami kembalikan.",
    en: "If you have paid after all, do not worry: you will get it back.",
  },
  expired_again: { id: "Pilih waktu lagi", en: "Choose again" },
  cancelled: {
    id: "Pembayaran dibatalkan. Tidak ada yang ditagih.",
    en: "The payment was cancelled. Nothing was charged.",
  },

  payments_title: { id: "Pembayaran saya", en: "My payments" },
  payments_empty: { id: "Belum ada pembayaran", en: "No payments yet" },
  payments_empty_text: {
    id: "Kalau nanti ada, semuanya tercatat di sini.",
    en: "Whatever you pay will be listed here.",
  },
  payment_for_chat: { id: "Curhat {count} menit", en: "Chat, {count} minutes" },
  payment_for_extension: { id: "Perpanjangan {count} menit", en: "Extension, {count} minutes" },
  payment_pending: { id: "Menunggu pembayaran", en: "Waiting to be paid" },
  payment_confirmed: { id: "Sudah dibayar, belum dipakai", en: "Paid, not used yet" },
  payment_consumed: { id: "Terpakai", en: "Used" },
  payment_abandoned: { id: "Dibatalkan, tidak ditagih", en: "Cancelled, not charged" },
  payment_expired: { id: "Kedaluwarsa, tidak ditagih", en: "Expired, not charged" },
  payment_abandoned_open: { id: "Dibatalkan", en: "Cancelled" },
  payment_expired_open: { id: "Kedaluwarsa", en: "Expired" },
  payment_failed_free: { id: "Tidak terpakai", en: "Not used" },
  refund_due: { id: "Akan dikembalikan", en: "To be refunded" },
  refund_due_text: { id: "Tim kami sedang memprosesnya.", en: "Our team is working on it." },
  refund_refunded: { id: "Sudah dikembalikan", en: "Refunded" },
  refund_credited: { id: "Dijadikan saldo", en: "Credited" },
  refund_retained: { id: "Sudah ditinjau", en: "Reviewed, kept" },
  owed: { id: "{amount} akan dikembalikan", en: "{amount} comes back to you" },
  owed_many: { id: "Dari {count} pembayaran.", en: "From {count} payments." },
  late_toast: {
    id: "Pembayaran {amount} datang setelah waktunya habis. Uangnya akan kami kembalikan.",
    en: "A payment of {amount} came too late. You will get it back.",
  },

  cause_no_mitra_available: { id: "Tidak ada bestie yang menjawab.", en: "No bestie answered." },
  cause_all_mitras_rejected: { id: "Semua bestie sedang tidak bisa.", en: "No bestie could take it." },
  cause_targeted_mitra_offline: { id: "Bestie sedang tidak online.", en: "The bestie was not online." },
  cause_targeted_mitra_rejected: { id: "Bestie sedang tidak bisa.", en: "The bestie could not take it." },
  cause_targeted_mitra_timeout: {
    id: "Bestie tidak sempat menjawab.",
    en: "The bestie did not answer in time.",
  },
  cause_payment_session_expired: {
    id: "Tidak dipakai sampai waktunya habis.",
    en: "It was not used in time.",
  },
  cause_customer_cancelled: { id: "Kamu membatalkannya.", en: "You cancelled." },
  cause_extension_rejected: { id: "Perpanjangan tidak disetujui.", en: "The extension was not accepted." },
  cause_extension_safeguard_tripped: {
    id: "Bestie terputus saat diminta.",
    en: "The bestie was not connected when asked.",
  },
  cause_late_payment: { id: "Uangnya datang terlambat.", en: "The money came too late." },
  cause_duplicate_payment: { id: "Terbayar dua kali.", en: "It was paid twice." },
  cause_payment_mismatch: { id: "Jumlahnya tidak cocok.", en: "The amount did not match." },
  cause_operator_ended: { id: "Dihentikan oleh tim kami.", en: "Ended by our team." },
};
