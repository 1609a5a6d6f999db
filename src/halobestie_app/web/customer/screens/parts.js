// Small things that several screens show: the menu, the way back to a live chat, where help is found.

import { html, useRef } from "common/html.js";
import { Button, Icon } from "common/ui.js";
import { api, evening } from "../model/app.js";
import { isLive } from "../model/evening.js";
import { useFetched } from "../model/fetching.js";
import { t } from "../texts.js";

const PLACES = [
  ["home", "#/", "home"], ["history", "#/history", "clock"], ["settings", "#/settings", "person"],
];

/** The three places of the app. @param {{here: "home"|"history"|"settings"}} props */
export function Nav({ here }) {
  return html`<nav class="tabs" aria-label=${t("nav")} data-testid="nav">
    ${PLACES.map(([name, href, icon]) => html`<a key=${name} href=${href} data-testid=${`nav_${name}_link`}
      aria-current=${here === name ? "page" : undefined}>
      <${Icon} name=${icon} size=${22} />${t(`nav_${name}`)}</a>`)}
  </nav>`;
}

/** While a chat goes on and one looks elsewhere: the way back to it. */
export function LiveBar() {
  const session = evening.session.value;
  if (!isLive(session)) return null;
  return html`<a class="live-bar" href="#/" data-testid="live_bar">
    <${Icon} name="chat" /><span>${t("home_live", { name: session.mitra.display_name })}</span>
    <strong>${t("home_live_action")}</strong></a>`;
}

const LINKS = {
  whatsapp: (value) => `https://wa.me/${value.replace(/\D/g, "")}`,
  instagram: (value) => `https://instagram.com/${value.replace(/^@/, "")}`,
  email: (value) => `mailto:${value}`,
};

function linkOf(kind, value) {
  if (/^https:\/\//.test(value)) return value;
  return LINKS[kind]?.(value) ?? null;
}

/** Where help is found, as the settings say; nothing where there is nothing; another try if that failed. */
export function Support({ always = false }) {
  const { data, error, again } = useFetched((signal) =>
    api.get("/api/shared/support", { signal, anonymous: true }));
  const handles = Object.entries(data?.handles ?? {}).filter(([, value]) => value);
  if (error) {
    return html`<p class="soft" data-testid="support_problem">${t("support_problem")}
      <${Button} kind="link" testid="support_retry_button" onClick=${again}>${t("failed_retry")}<//></p>`;
  }
  if (!handles.length) return always && data ? html`<p class="soft">${t("support_none")}</p>` : null;
  return html`<div class="support" data-testid="support_handles">
    <p class="soft">${t("support")}</p>
    <ul>${handles.map(([kind, value]) => {
      const link = linkOf(kind, value);
      return html`<li key=${kind}><span class="soft">${kind[0].toUpperCase() + kind.slice(1)}</span>
        ${link ? html`<a href=${link} target="_blank" rel="noopener noreferrer">${value}</a>` : value}</li>`;
    })}</ul>
  </div>`;
}

/** A form whose one button waits for what it does; Enter is a tap on it. */
export function Form({ submit, label, testid, kind = "primary", children }) {
  const form = useRef(null);
  return html`<form ref=${form} onSubmit=${(event) => {
    event.preventDefault();
    form.current.querySelector("[data-submit]").click();
  }}>
    ${children}
    <${Button} kind=${kind} testid=${testid} data-submit onClick=${submit}>${label}<//>
  </form>`;
}
