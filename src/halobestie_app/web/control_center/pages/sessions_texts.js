// What the page of live chats says.
import { catalogue } from "common/texts.js";

export const t = catalogue({
  title: { id: "Sesi berjalan", en: "Live sessions" },
  lead: {
    id: "Siapa dengan siapa, dan berapa lama lagi. Isi percakapan tidak pernah ditampilkan di sini.",
    en: "Who talks with whom, and for how long still. What they say is never shown here.",
  },
  reach: { id: "Tampilkan", en: "Show" },
  reach_all: { id: "Semua percakapan", en: "Every conversation" },
  reach_false: { id: "Bestie tidak terjangkau", en: "Bestie cannot be reached" },
  reach_true: { id: "Bestie terjangkau", en: "Bestie can be reached" },
  customer: { id: "Pelanggan", en: "Customer" },
  mitra: { id: "Bestie", en: "Bestie" },
  status: { id: "Status", en: "State" },
  left: { id: "Sisa waktu", en: "Time left" },
  since: { id: "Mulai", en: "Began" },
  do: { id: "Tindakan", en: "Action" },
  sensitive: { id: "topik sensitif", en: "sensitive topic" },
  extension: { id: "menunggu jawaban perpanjangan {n} menit", en: "waits for an answer to {n} more minutes" },
  connected: { id: "tersambung", en: "connected" },
  away: { id: "tidak tersambung", en: "not connected" },
  unknown: { id: "belum diketahui", en: "not known" },
  reachable: { id: "terjangkau", en: "can be reached" },
  unreachable: { id: "tidak terjangkau", en: "cannot be reached" },
  unreachable_some: {
    id: ({ n }) => `${n} percakapan dengan bestie yang tidak terjangkau.`,
    en: ({ n }) => `${n} conversation${n === 1 ? "" : "s"} with a bestie who cannot be reached.`,
  },
  show_them: { id: "Tampilkan hanya itu", en: "Show only these" },
  frozen: { id: "berhenti", en: "stands still" },
  steps: { id: "Riwayat", en: "Story" },
  steps_of: {
    id: "Riwayat percakapan {customer} dengan {mitra}",
    en: "Story of the conversation of {customer} with {mitra}",
  },
  end: { id: "Akhiri", en: "End" },
  end_it: {
    id: "Akhiri percakapan {customer} dengan {mitra}",
    en: "End the conversation of {customer} with {mitra}",
  },
  end_title: { id: "Akhiri percakapan ini?", en: "End this conversation?" },
  end_who: { id: "{customer} dengan {mitra}, sisa {left}", en: "{customer} with {mitra}, {left} left" },
  end_text: {
    id:
      "Percakapan berhenti saat ini juga untuk keduanya, dan tidak bisa dibuka lagi. Perpanjangan yang " +
      "masih menunggu tidak ditagih dan uangnya masuk ke Gagal pairing.",
    en:
      "It stops for both at once and cannot be opened again. An extension that still waits is not " +
      "charged, and its money goes to Failed pairings.",
  },
  reason_hint: {
    id:
      "Disimpan untuk pemeriksaan nanti; pelanggan dan bestie tidak melihatnya. Jangan menulis nama " +
      "atau nomor telepon.",
    en: "Kept for later enquiries; neither side sees it. Do not write names or phone numbers.",
  },
  end_submit: { id: "Akhiri sekarang", en: "End it now" },
  ended: {
    id: "Percakapan {customer} dengan {mitra} berakhir.",
    en: "The conversation of {customer} with {mitra} has ended.",
  },
  over: { id: "Percakapan ini sudah berakhir lebih dulu.", en: "This conversation was over already." },
  empty_title: { id: "Tidak ada percakapan berjalan", en: "No conversation is going on" },
  empty_text: {
    id: "Begitu ada yang mulai curhat, muncul di sini.",
    en: "As soon as somebody begins, it appears here.",
  },
  empty_narrow: { id: "Tidak ada di saringan ini.", en: "None in this filter." },
});
