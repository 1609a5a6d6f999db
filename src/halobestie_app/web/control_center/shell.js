// What stands around every page: where one can go, who is signed in, how figures come, language, theme.

import { html, useEffect, useRef, useSignal } from "common/html.js";
import { go, route } from "common/router.js";
import { Button, Empty, Page, Preferences } from "common/ui.js";
import { api } from "./api.js";
import { Icon, Mark } from "./icons.js";
import { board, connection } from "./live.js";
import { HOME, pages } from "./pages/index.js";
import { t } from "./texts.js";

/** @param {{user: {email: string}}} props */
export function Shell({ user }) {
  const open = useSignal(false);
  const main = useRef(null);
  const [name = "", ...rest] = route.value.parts;
  const page = pages.find((one) => one.path === (name || HOME));

  const first = useRef(true);
  useEffect(() => {
    open.value = false;
    if (!first.current) begin(main.current);
    first.current = false;
  }, [page?.path]);

  return html`
    <a class="cc-skip" href="#main" onClick=${(event) => skip(event, main.current)}>${t("skip")}</a>
    <div class="cc-shell">
      <header class="cc-top">
        <a class="cc-brand" href="#/${HOME}"><${Mark} /><span><b>Halo Bestie</b>
          <small>${t("app_name")}</small></span></a>
        <${Connection} short />
        <button class="cc-menu" type="button" aria-expanded=${String(open.value)} aria-controls="cc-side"
          aria-label=${open.value ? t("nav_close") : t("nav_menu")} data-testid="shell_menu_button"
          onClick=${() => (open.value = !open.value)}>
          <${Icon} name=${open.value ? "close" : "menu"} />
        </button>
      </header>
      <div id="cc-side" class="cc-side" data-open=${String(open.value)}
        onKeyDown=${(event) => event.key === "Escape" && (open.value = false)}>
        <nav aria-label=${t("nav")}>
          <ul class="cc-nav">
            ${pages.map((one) => html`<${NavItem} key=${one.path} page=${one} current=${one === page}
              onGo=${() => (open.value = false)} />`)}
          </ul>
        </nav>
        <aside class="cc-side-foot" aria-label=${t("account")}>
          <${Connection} />
          <${Preferences} />
          <div class="cc-who">
            <p><small>${t("signed_in_as")}</small><br /><b data-testid="shell_who">${broken(user.email)}</b></p>
            <${Button} kind="quiet" testid="shell_sign_out_button" onClick=${() => api.signOut()}>
              <${Icon} name="out" />${t("sign_out")}
            <//>
          </div>
        </aside>
      </div>
      <main id="main" class="cc-main" ref=${main}>
        ${page
          ? html`<${page.component} key=${page.path} params=${named(page, rest)}
              query=${route.value.query} />`
          : html`<${Nowhere} />`}
      </main>
    </div>`;
}

function Nowhere() {
  return html`
    <${Page} title=${t("not_found")} wide>
      <${Empty} title=${t("not_found")} text=${t("not_found_text")}
        action=${html`<${Button} onClick=${() => go(`/${HOME}`)}>${t("not_found_back")}<//>`} />
    <//>`;
}

function NavItem({ page, current, onGo }) {
  const waiting = page.waiting?.(board.value) ?? 0;
  return html`
    <li>
      <a href="#/${page.path}" aria-current=${current ? "page" : undefined} onClick=${onGo}
        data-testid=${`nav_${page.path}_link`}>
        <${Icon} name=${page.icon} /><span>${page.title()}</span>
        ${waiting > 0 && html`
          <span class="cc-badge" title=${t("nav_waiting", { count: waiting })}>
            <span aria-hidden="true">${waiting > 999 ? "999+" : waiting}</span>
            <span class="cc-unseen">, ${t("nav_waiting", { count: waiting })}</span>
          </span>`}
      </a>
    </li>`;
}

const SAID = { live: "live", polling: "live_polling", connecting: "live_connecting", away: "live_away" };

function Connection({ short }) {
  const state = connection.value === "off" ? "connecting" : connection.value;
  return html`
    <p class="cc-live" data-state=${state} data-testid=${short ? undefined : "shell_connection"}
      role=${short ? undefined : "status"}>
      <i aria-hidden="true"></i><span class=${short ? "cc-unseen" : ""}>${t(SAID[state])}</span>
    </p>`;
}

/** Name the address' further parts: {kind: "payment", id: "…"}; missing ones are undefined. */
function named(page, parts) {
  return Object.fromEntries((page.params ?? []).map((param, place) => [param, parts[place]]));
}

/** An address may be broken before its @, and only where that is not enough elsewhere. */
function broken(email) {
  const [name, ...host] = email.split("@");
  return html`${name}<wbr />@${host.join("@")}`;
}

function skip(event, main) {
  event.preventDefault(); // the address' hash is the router's
  begin(main);
}

/** Let who reads by keyboard or ear begin at the page's heading. */
function begin(main) {
  window.scrollTo(0, 0);
  main?.querySelector("h1")?.focus({ preventScroll: true });
}
