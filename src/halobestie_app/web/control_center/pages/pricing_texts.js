// What the page of prices says.
import { catalogue } from "common/texts.js";

export const t = catalogue({
  title: { id: "Harga", en: "Pricing" },
  lead: {
    id:
      "Yang dilihat pelanggan saat memilih durasi, dalam urutan ini. Pembayaran yang sudah dibuat tidak " +
      "ikut berubah.",
    en: "What customers see when they choose how long, in this order. Payments already made do not change.",
  },
  mode_chat: { id: "Chat", en: "Chat" },
  mode_call: { id: "Telepon", en: "Call" },
  mode_call_text: { id: "Dicatat, tetapi belum dijual.", en: "Kept, but not sold yet." },
  minutes_n: { id: "{n} menit", en: "{n} minutes" },
  minutes: { id: "Menit", en: "Minutes" },
  mode: { id: "Cara", en: "Mode" },
  price: { id: "Harga (Rp)", en: "Price (Rp)" },
  order: { id: "Urutan", en: "Order" },
  empty_title: { id: "Belum ada harga", en: "No prices yet" },
  empty_text: {
    id: "Tanpa harga aktif, pelanggan tidak bisa mulai curhat.",
    en: "Without one, customers cannot start.",
  },
  none_active: {
    id: "Tidak ada harga aktif: pelanggan tidak bisa mulai curhat.",
    en: "No price is active: customers cannot start.",
  },

  add: { id: "Tambah harga", en: "Add a tier" },
  add_title: { id: "Harga baru", en: "A new tier" },
  added: { id: "{n} menit dijual seharga {price}.", en: "{n} minutes are on sale for {price}." },
  exists: {
    id: "{n} menit sudah dijual seharga {price}. Ubah harga itu saja.",
    en: "{n} minutes are already on sale for {price}. Edit that tier instead.",
  },
  inactive_exists: {
    id: "{n} menit pernah dijual seharga {price} dan sekarang nonaktif.",
    en: "{n} minutes were once on sale for {price} and are inactive now.",
  },
  bring_back_it: { id: "Aktifkan lagi yang itu", en: "Bring that one back" },
  edit: { id: "Ubah", en: "Edit" },
  edit_it: { id: "Ubah harga {n} menit", en: "Edit the price of {n} minutes" },
  edit_title: { id: "Ubah harga {n} menit", en: "Edit the price of {n} minutes" },
  fixed: {
    id: "Menit dan cara tidak bisa diubah: buat harga baru untuk itu.",
    en: "Minutes and mode cannot be changed: add a new tier for that.",
  },
  edited: { id: "{n} menit sekarang {price}.", en: "{n} minutes now cost {price}." },
  same: { id: "Harganya tetap {price}.", en: "The price stays {price}." },
  remove: { id: "Nonaktifkan", en: "Deactivate" },
  remove_it: { id: "Nonaktifkan {n} menit", en: "Deactivate {n} minutes" },
  remove_title: { id: "Nonaktifkan {n} menit?", en: "Deactivate {n} minutes?" },
  remove_text: {
    id:
      "Pelanggan tidak bisa memilihnya lagi. Yang sudah dibayar tetap berlaku, dan kapan saja bisa " +
      "diaktifkan lagi.",
    en:
      "Customers can no longer choose it. What was paid stays paid, and it can be brought back at any " +
      "time.",
  },
  remove_promotion: {
    id: "Diskon sesi pertama memakai durasi ini, jadi diskonnya juga tidak bisa dipakai.",
    en: "The first-session discount uses these minutes, so nobody can have the discount either.",
  },
  removed: { id: "{n} menit tidak dijual lagi.", en: "{n} minutes are no longer on sale." },
  inactive: { id: "Nonaktif", en: "Inactive" },
  reactivate: { id: "Aktifkan lagi", en: "Bring back" },
  reactivate_it: { id: "Aktifkan lagi {n} menit", en: "Bring back {n} minutes" },
  reactivated: {
    id: "{n} menit dijual lagi seharga {price}.",
    en: "{n} minutes are on sale again for {price}.",
  },
  up: { id: "Naikkan {n} menit", en: "Move {n} minutes up" },
  down: { id: "Turunkan {n} menit", en: "Move {n} minutes down" },
  moved: { id: "{n} menit: urutan {place} dari {all}", en: "{n} minutes: place {place} of {all}" },
  order_unsaved: { id: "Urutan baru belum disimpan.", en: "The new order is not saved yet." },
  order_save: { id: "Simpan urutan", en: "Save the order" },
  order_saved: { id: "Urutan tersimpan.", en: "The order is saved." },
  order_stale: {
    id:
      "Ada harga yang berubah sementara itu, jadi urutannya belum disimpan. Urutanmu kami pertahankan " +
      "dengan harga terbaru: periksa, lalu simpan lagi.",
    en:
      "A tier changed meanwhile, so the order was not saved. Your order is kept, with the newest " +
      "prices: look again, then save.",
  },
  order_changed: {
    id:
      "Daftarnya berubah (ada yang ditambah atau dinonaktifkan), jadi urutannya belum disimpan. Periksa " +
      "lagi.",
    en:
      "The list changed (something was added or deactivated), so the order was not saved. Please look " +
      "again.",
  },
  keys: { id: "Alt + panah atas atau bawah juga bisa.", en: "Alt + arrow up or down works too." },
  stale: {
    id: "Ada yang mengubah harga ini lebih dulu. Sekarang {now}. Periksa, lalu coba lagi.",
    en: "Somebody changed this tier first. It is now {now}. Look again, then retry.",
  },

  whole: { id: "Bilangan bulat rupiah, tanpa titik.", en: "Whole rupiah, without dots." },
  price_wrong: { id: "Harga antara {min} dan {max}.", en: "A price between {min} and {max}." },
  minutes_wrong: { id: "Menit antara 1 dan 1440.", en: "Minutes between 1 and 1440." },
  reads_as: { id: "= {price}", en: "= {price}" },
  free: { id: "Gratis", en: "Free" },

  promotion: { id: "Diskon sesi pertama", en: "First-session discount" },
  promotion_lead: {
    id: "Harga khusus untuk curhat pertama seorang pelanggan. Tidak berlaku untuk perpanjangan.",
    en: "A special price for a customer's first conversation. Never for extensions.",
  },
  active: { id: "Diskon aktif", en: "The discount is active" },
  promotion_minutes_hint: {
    id: "Harus sama dengan salah satu harga aktif.",
    en: "Has to be the minutes of an active tier.",
  },
  promotion_price_hint: { id: "0 berarti gratis.", en: "0 means free." },
  label: { id: "Tulisan di layar pelanggan", en: "What customers read" },
  label_wrong: { id: "Satu sampai 80 karakter.", en: "One to 80 characters." },
  requires_phone: {
    id: "Hanya untuk pelanggan dengan nomor telepon",
    en: "Only for customers with a phone number",
  },
  applies: { id: "Sedang berlaku.", en: "In force." },
  not_applies: {
    id: "Aktif, tetapi belum bisa dipakai siapa pun: tidak ada harga aktif untuk durasi ini.",
    en: "Active, but nobody can have it: no active tier has these minutes.",
  },
  is_off: { id: "Tidak aktif.", en: "Switched off." },
  promotion_saved: { id: "Diskon tersimpan.", en: "The discount is saved." },
  unsaved: { id: "Belum disimpan", en: "Not saved yet" },
  all_saved: { id: "Semua tersimpan", en: "Everything is saved" },
  kept_theirs: { id: "Yang tersimpan tetap dipakai.", en: "What is stored stays." },
  sort_order: { id: "urutan", en: "place" },
  state: { id: "status", en: "state" },
  is_active: { id: "dijual", en: "on sale" },
  is_inactive: { id: "nonaktif", en: "inactive" },
});
