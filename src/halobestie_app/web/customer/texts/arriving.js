// Coming in, being at home, and the account.

export const ARRIVING = {
  app_name: { id: "Halo Bestie", en: "Halo Bestie" },
  loading_evening: { id: "Sebentar, kami siapkan...", en: "One moment, getting things ready..." },

  // -- start
  start_title: { id: "Ada yang mau kamu ceritakan?", en: "Something on your mind?" },
  start_text: {
    id: "Ngobrol langsung dengan bestie yang siap mendengarkan. Tanpa dihakimi, tanpa harus kenalan dulu.",
    en: "Talk with a bestie who is there to listen. No judgement, no introductions needed.",
  },
  start_name_label: { id: "Mau dipanggil siapa?", en: "What shall we call you?" },
  start_name_hint: {
    id: "Boleh nama samaran, boleh juga dikosongkan.",
    en: "Any name will do. You may leave it empty.",
  },
  start_anonymous: { id: "Mulai tanpa akun", en: "Start without an account" },
  start_phone: { id: "Masuk dengan nomor HP", en: "Sign in with your phone" },
  start_promise: {
    id: "Obrolanmu disimpan terenkripsi, dan hanya ditampilkan untuk kamu dan bestie-mu.",
    en: "What you say is kept encrypted, and shown to you and your bestie only.",
  },

  // -- phone and code
  phone_title: { id: "Masuk dengan nomor HP", en: "Sign in with your phone" },
  phone_attach_title: { id: "Tautkan nomor HP", en: "Add your phone" },
  phone_text: {
    id: "Kami kirim kode ke nomormu untuk memastikan ini kamu.",
    en: "We send a code to your phone to make sure it is you.",
  },
  phone_attach_text: {
    id: "Supaya riwayatmu tetap aman saat ganti HP. Kalau nomor ini sudah punya akun, "
      + "kamu pindah ke akun itu, dan riwayat di sini tidak ikut.",
    en: "So that your history stays yours on another device. If this number already has an account "
      + "you move to that one, and what is here stays behind.",
  },
  phone_later: {
    id: "Selesaikan dulu curhat atau pembayaran yang masih berjalan, ya. Setelah itu nomormu bisa ditautkan.",
    en: "Finish what is going on first, a chat or a payment. After that you can add your phone.",
  },
  phone_label: { id: "Nomor HP", en: "Phone number" },
  phone_hint: { id: "Contoh: 0812 3456 7890", en: "For example 0812 3456 7890, or +44..." },
  phone_wrong: {
    id: "Nomornya belum lengkap. Coba periksa lagi, ya.",
    en: "That number does not look complete.",
  },
  phone_send: { id: "Kirim kode", en: "Send the code" },
  code_label: { id: "Kode verifikasi", en: "The code" },
  code_sent: { id: "Kode sudah dikirim ke {phone}.", en: "We sent a code to {phone}." },
  code_verify: { id: "Masuk", en: "Sign in" },
  code_attach: { id: "Tautkan", en: "Add it" },
  code_again: { id: "Kirim ulang kode", en: "Send another code" },
  code_again_in: { id: "Kirim ulang dalam {left}", en: "Another code in {left}" },
  code_other_number: { id: "Ganti nomor", en: "Use another number" },
  phone_attached: {
    id: "Nomormu sudah tertaut. Riwayatmu aman.",
    en: "Your phone is added. Your history is safe.",
  },
  phone_other_account: {
    id: "Nomor ini sudah punya akun, jadi kamu sekarang masuk ke akun itu.",
    en: "This number already has an account: you are now signed in to it.",
  },

  // -- home
  hello: { id: "Hai, {name}", en: "Hi, {name}" },
  home_title: { id: "Lagi kepikiran apa?", en: "What is on your mind?" },
  home_text: {
    id: "Ceritakan saja pelan-pelan. Bestie mendengarkan.",
    en: "Take your time. A bestie is here to listen.",
  },
  home_start: { id: "Mulai Curhat", en: "Start talking" },
  home_available: { id: "Bestie siap mendengarkan", en: "A bestie is ready to listen" },
  home_nobody: { id: "Belum ada bestie tersedia", en: "No bestie is available yet" },
  home_nobody_more: { id: "Tunggu sebentar, ya. Tombolnya menyala sendiri begitu ada yang siap.",
    en: "Stay a moment: the button lights up as soon as somebody is there." },
  home_unknown: { id: "Kami belum bisa mengecek bestie", en: "We cannot check for besties right now" },
  home_unknown_more: {
    id: "Koneksinya sedang terganggu. Kami coba terus.",
    en: "The connection is shaky. We keep trying.",
  },
  home_checking: { id: "Mengecek bestie...", en: "Looking for besties..." },
  home_keep: { id: "Simpan akunmu", en: "Keep your account" },
  home_keep_text: {
    id: "Kamu masuk tanpa akun. Tautkan nomor HP supaya riwayatmu tidak hilang.",
    en: "You are here without an account. Add your phone so that your history is not lost.",
  },
  home_keep_action: { id: "Tautkan nomor HP", en: "Add my phone" },
  home_waiting_payment: { id: "Pembayaran {amount} menunggu", en: "A payment of {amount} is waiting" },
  home_waiting_payment_text: { id: "Selesaikan dalam {left}.", en: "Finish it within {left}." },
  home_waiting_payment_action: { id: "Lanjutkan", en: "Go on" },
  home_reusable: { id: "Uangmu masih bisa dipakai", en: "Your money can still be used" },
  home_reusable_text: {
    id: "Cari bestie lagi tanpa bayar ulang, dalam {left}.",
    en: "Search again without paying, within {left}.",
  },
  home_live: { id: "Kamu sedang curhat dengan {name}", en: "You are talking with {name}" },
  home_live_action: { id: "Kembali ke obrolan", en: "Back to the chat" },
  nav: { id: "Menu utama", en: "Main menu" },
  nav_home: { id: "Beranda", en: "Home" },
  nav_history: { id: "Riwayat", en: "History" },
  nav_settings: { id: "Akun", en: "Account" },

  // -- account
  save: { id: "Simpan", en: "Save" },
  settings_title: { id: "Akun", en: "Account" },
  settings_name: { id: "Nama panggilan", en: "Your name here" },
  settings_name_hint: {
    id: "Nama ini yang dilihat bestie-mu. Maksimal 40 huruf.",
    en: "What your bestie sees. At most 40 letters.",
  },
  settings_name_saved: { id: "Namamu sudah diganti.", en: "Your name was changed." },
  settings_name_wrong: { id: "Isi 1 sampai 40 huruf, ya.", en: "Between 1 and 40 letters, please." },
  settings_phone_yes: { id: "Nomor HP-mu sudah tertaut.", en: "Your phone is verified." },
  settings_phone_no: { id: "Belum ada nomor HP yang tertaut.", en: "No phone is connected yet." },
  settings_payments: { id: "Pembayaran saya", en: "My payments" },
  settings_look: { id: "Bahasa dan tampilan", en: "Language and appearance" },
  settings_help: { id: "Bantuan", en: "Help" },
  settings_logout: { id: "Keluar", en: "Sign out" },
  logout_sure: { id: "Keluar dari akun ini?", en: "Sign out of this account?" },
  logout_sure_text: {
    id: "Kamu bisa masuk lagi kapan saja dengan nomor HP-mu.",
    en: "You can come back any time with your phone.",
  },
  logout_anonymous: {
    id: "Kamu belum menautkan nomor HP. Kalau keluar sekarang, riwayatmu tidak bisa dibuka lagi.",
    en: "No phone is connected. If you sign out now, nobody can open your history again, not even you.",
  },
  delete_account: { id: "Hapus akun", en: "Delete my account" },
  delete_title: { id: "Hapus akunmu?", en: "Delete your account?" },
  delete_text: {
    id: "Nama, nomor, dan isi semua obrolanmu dihapus untuk selamanya. Ini tidak bisa dibatalkan. "
      + "Kalau masih ada yang berjalan, kami hapus setelah itu selesai.",
    en: "Your name, your number and everything you said are deleted for good. This cannot be undone. "
      + "Whatever is still going on is finished first.",
  },
  delete_word: { id: "HAPUS", en: "DELETE" },
  delete_type: { id: "Ketik {word} untuk melanjutkan", en: "Type {word} to go on" },
  delete_do: { id: "Hapus selamanya", en: "Delete for good" },
  delete_keep: { id: "Tidak jadi", en: "Keep it" },
  deleted: { id: "Akunmu dihapus. Jaga diri baik-baik, ya.", en: "Your account is deleted. Take good care." },
  support: { id: "Butuh bantuan? Hubungi kami:", en: "Need help? Reach us:" },
  support_problem: {
    id: "Kontak bantuan belum bisa dimuat.",
    en: "Our contacts could not be loaded.",
  },
  support_none: { id: "Kontak bantuan belum tersedia.", en: "No contacts yet." },
};
