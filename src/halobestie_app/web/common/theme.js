// Light, dark, or as the device says. Knows no colour: those are in styles/tokens.css.

import { effect, signal } from "common/html.js";
import { remember, remembered } from "common/storage.js";

const THEMES = ["auto", "light", "dark"];
const PAPER = { light: "#fbf7f4", dark: "#191517" };

const chosen = remembered("theme");

/** "auto", "light" or "dark": what was chosen. */
export const theme = signal(THEMES.includes(chosen) ? chosen : "auto");

/** @param {"auto"|"light"|"dark"} name */
export function setTheme(name) {
  if (!THEMES.includes(name)) throw new Error(`no theme ${name}`);
  theme.value = name;
  remember("theme", name === "auto" ? null : name);
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const device = signal(dark.matches ? "dark" : "light");
dark.addEventListener("change", () => { device.value = dark.matches ? "dark" : "light"; });

/** "light" or "dark": what is shown; for those who draw by themselves, such as charts. */
export const shown = signal("light");

effect(() => {
  const name = theme.value;
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  shown.value = name === "auto" ? device.value : name;
  let meta = document.querySelector("meta[name=theme-color]");
  if (!meta) {
    meta = document.createElement("meta");
    meta.name = "theme-color";
    document.head.append(meta);
  }
  meta.content = PAPER[shown.value];
});
