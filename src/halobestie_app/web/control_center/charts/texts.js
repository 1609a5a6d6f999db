// The texts that stand beneath charts.

import { catalogue } from "common/texts.js";

export const t = catalogue({
  as_table: { id: "Sebagai tabel", en: "As a table" },
  bucket: { id: "Waktu (WIB)", en: "Time (WIB)" },
  nothing: { id: "Tidak ada kejadian.", en: "Nothing happened." },
  only_some: { id: "Waktu tanpa kejadian tidak ditulis.", en: "Times without events are left out." },
});
