// The texts of the audit page.

import { catalogue } from "common/texts.js";

export const t = catalogue({
  title: { id: "Audit", en: "Audit" },
  lead: {
    id: "Setiap langkah dicatat, dirantai, dan bisa dihitung ulang. Inilah jalur yang benar-benar ditempuh.",
    en: "Every move is recorded, chained, and can be decided anew. These are the ways really taken.",
  },
  search: { id: "Cari catatan", en: "Find a record" },
  search_hint: {
    id: "Tempel ID pembayaran, permintaan, percakapan, perpanjangan, atau mitra.",
    en: "Paste the id of a payment, request, chat, extension or mitra.",
  },
  search_button: { id: "Cari", en: "Find" },
  search_no_id: {
    id: "Itu belum seperti ID. Tempel ID lengkapnya, ya.",
    en: "That is not an id yet. Please paste all of it.",
  },
  search_nothing: { id: "Tidak ada catatan dengan ID itu.", en: "Nothing was recorded with that id." },

  machines: { id: "Mesin", en: "Machines" },
  about_payment: {
    id: "Satu niat membayar untuk satu paket menit, dan di mana uangnya sekarang.",
    en: "One intent to pay for one block of minutes, and where its money stands.",
  },
  about_pairing: {
    id: "Satu upaya mencari mitra untuk curhat yang sudah dibayar: ke semua yang siap, atau ke satu yang dikenal.",
    en: "One attempt to find a mitra for a paid session: everybody eligible, or one mitra asked again.",
  },
  about_chat: {
    id: "Percakapan berwaktu yang dimulai permintaan yang diterima. Waktunya dipegang server.",
    en: "The timed conversation that an accepted request starts. The server owns its time.",
  },
  about_extension: {
    id: "Permintaan berbayar untuk memperpanjang percakapan. Baru ditagih kalau diterima.",
    en: "A paid request to prolong a chat. Accepting it, and nothing else, is the charge.",
  },
  about_presence: {
    id: "Apakah seorang mitra menerima permintaan. Detak yang lebih dulu sampai mengalahkan penyapuan.",
    en: "Whether a mitra takes requests. A heartbeat that lands first wins over the sweep.",
  },
  moves: { id: "{count} langkah", en: ({ count, many }) => `${count} ${many === 1 ? "move" : "moves"}` },
  behind: {
    id: "Penghitungan sedang mengejar; langkah terbaru mungkin belum masuk.",
    en: "The counting is catching up; the latest moves may be missing.",
  },
  old: { id: "Angka terakhir pukul {time}. Mencoba lagi…", en: "Figures of {time}. Trying again…" },
  legend_weight: { id: "Makin tebal, makin sering", en: "The thicker, the more often" },
  legend_failure: { id: "Berakhir gagal", en: "Ends in a failure" },
  legend_never: { id: "Belum pernah", en: "Never yet" },
  zoom_in: { id: "Perbesar", en: "Zoom in" },
  zoom_out: { id: "Perkecil", en: "Zoom out" },
  zoom_fit: { id: "Pas dengan layar", en: "Fit to the screen" },
  diagram: {
    id: "Diagram {name}: {states} keadaan, {edges} panah, {count} langkah.",
    en: "Diagram of {name}: {states} states, {edges} edges, {count} moves.",
  },
  edge: {
    id: "{written} kali, dari {from} ke {to}",
    en: "{written} times, from {from} to {to}",
  },
  cause_carried: { id: "sebab dari perintah", en: "cause of the command" },
  now_here: { id: "{count} di sini", en: "{count} here" },
  opened: {
    id: "Dibuka {count} kali",
    en: ({ count }) => (count === "1" ? "Opened once" : `Opened ${count} times`),
  },
  hint: {
    id: "Arahkan ke sebuah panah, atau pilih dengan Tab, untuk melihat baris tabelnya.",
    en: "Point at an edge, or reach it with Tab, to see its rows of the table.",
  },
  rows: { id: "Baris tabel", en: "Rows of the table" },
  row_command: { id: "Perintah", en: "Command" },
  row_guard: { id: "Jika", en: "If" },
  row_from: { id: "Dari", en: "From" },
  row_to: { id: "Ke", en: "To" },
  row_event: { id: "Peristiwa", en: "Event" },
  row_cause: { id: "Sebab", en: "Cause" },
  row_sets: { id: "Mengubah", en: "Sets" },
  row_count: { id: "Kali", en: "Times" },
  as_table: { id: "Sebagai tabel", en: "As a table" },
  shared_count: {
    id: "Baris dengan perintah yang sama dihitung bersama.",
    en: "Rows with the same command are counted together.",
  },
  elsewhere: { id: "Langkah dari tabel lama", en: "Moves of former tables" },

  back: { id: "Semua mesin", en: "All machines" },
  timeline: { id: "Langkah demi langkah", en: "Move by move" },
  verified: { id: "Rantai utuh", en: "The chain holds" },
  verified_text: {
    id: "{count} langkah dihitung ulang dari awal, dan semuanya cocok dengan yang tersimpan.",
    en: ({ count }) =>
      count === 1 ? "1 move was decided anew, and it agrees with what is stored."
        : `${count} moves were decided anew from the first, and all agree with what is stored.`,
  },
  verified_none: {
    id: "Belum ada langkah untuk dihitung ulang.",
    en: "There is no move to decide anew yet.",
  },
  other_versions: {
    id: "{count} di antaranya diputuskan oleh versi tabel yang lain.",
    en: "{count} of them were decided by another version of the table.",
  },
  broken: { id: "Rantai rusak", en: "The chain is broken" },
  broken_text: {
    id: "Yang tersimpan tidak sama dengan yang seharusnya. Jangan ubah apa pun; hubungi tim teknis.",
    en: "What is stored is not what was decided. Change nothing, and call the engineers.",
  },
  first_difference: { id: "Perbedaan pertama", en: "First difference" },
  path: { id: "Jalur yang ditempuh", en: "The way it took" },
  related: { id: "Terkait", en: "Related" },
  related_story: { id: "Seluruh cerita pembayaran", en: "The payment's whole story" },
  nothing_related: { id: "Tidak ada yang terkait.", en: "Nothing is related." },
  born: { id: "Lahir", en: "Born" },
  facts: { id: "Fakta dan hash", en: "Facts and hashes" },
  no_facts: { id: "Perintah ini tidak membawa fakta.", en: "This command brought no facts." },
  hash: { id: "Hash", en: "Hash" },
  previous_hash: { id: "Hash sebelumnya", en: "Hash before" },
  table_version: { id: "Versi tabel", en: "Table version" },
  chained: { id: "Tersambung ke langkah {version}", en: "Chained to move {version}" },
  unchained: { id: "Tidak tersambung ke langkah {version}!", en: "Not chained to move {version}!" },
  later: { id: "+{time}", en: "+{time}" },
  more: { id: "Langkah berikutnya", en: "Later moves" },
  not_found: { id: "Tidak ada catatan", en: "Nothing recorded" },
  not_found_text: {
    id: "Tidak ada {kind} dengan ID ini.",
    en: "There is no {kind} with this id.",
  },
});
