// The control center's own drawings: one line weight, drawn on 24 by 24.

import { html } from "common/html.js";

const SHIELD = "M12 3l7.5 2.8v5.7c0 4.5-3 7.8-7.5 9.5-4.5-1.7-7.5-5-7.5-9.5V5.8z";

const PATHS = {
  dashboard: "M4 13h6V4H4zM14 20h6v-9h-6zM14 7h6V4h-6zM4 20h6v-3H4z",
  failures: "M12 8v5M12 16.5v.1" +
    "M10.3 4.2 2.8 17.5A2 2 0 0 0 4.5 20.5h15a2 2 0 0 0 1.7-3L13.7 4.2a2 2 0 0 0-3.4 0z",
  sessions: "M20 11.5a7.5 7 0 0 1-11 6.3L4 19.5l1.6-4A7 7 0 1 1 20 11.5zM9 11.5h.1M12.5 11.5h.1M16 11.5h.1",
  mitras: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.4-3.6 3-5.5 6.5-5.5s6.1 1.9 6.5 5.5" +
    "M16 4.3a3.5 3.5 0 0 1 0 6.4M18 14.9c2 .7 3.2 2.4 3.5 5.1",
  pricing: "M20 12.5 12.5 20a2 2 0 0 1-2.8 0L4 14.3V5a1 1 0 0 1 1-1h9.3l5.7 5.7a2 2 0 0 1 0 2.8z" +
    "M8.5 8.5h.1",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z" +
    "M9 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  quarantine: "M4 13h4l1.5 3h5l1.5-3h4M4 13v5a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-5L17 5H7z",
  audit: SHIELD + "M9 12.5l2.2 2.2L15.5 10",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6L6 18",
  out: "M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4M15 8l4 4-4 4M19 12H9",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.5 4.5",
  arrow: "M5 12h14M13 6l6 6-6 6",
  verified: SHIELD + "M9 12l2.2 2.2L15.5 9.5",
  broken: SHIELD + "M9.5 9.5l5 5M14.5 9.5l-5 5",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
};

/**
 * One icon; it says nothing to screen readers, so a text stands beside it or in the button's label.
 * @param {{name: string}} props a key of PATHS
 */
export function Icon({ name }) {
  return html`
    <svg class="cc-icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <path d=${PATHS[name] ?? PATHS.dashboard} />
    </svg>`;
}

const ONE = "M4 17C4 9.8 9.4 5 16 5s12 4.8 12 12-5.4 12-12 12" +
  "c-1.7 0-3.3-.3-4.7-.9L5 30l1.6-5.3C5 22.6 4 20 4 17z";
const TWO = "M30.5 15.5c3.3 1.7 5.5 4.9 5.5 9 0 2.3-.7 4.3-1.9 6" +
  "L35 35l-4.8-1.3c-1.2.5-2.5.7-3.9.7-3.8 0-7-1.8-8.7-4.7";

/** Our mark: two who talk. */
export function Mark() {
  return html`
    <svg class="cc-mark" viewBox="0 0 40 40" width="40" height="40" aria-hidden="true" focusable="false">
      <path class="cc-mark-one" d=${ONE} />
      <path class="cc-mark-two" d=${TWO} />
    </svg>`;
}
