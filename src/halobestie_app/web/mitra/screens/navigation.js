// The way around: at the foot of a phone, beside the content where there is room.

import { html } from "common/html.js";
import { go, route } from "common/router.js";
import { desk } from "../model/app.js";
import { t } from "../texts.js";

const PLACES = [
  ["home", "/", "M4 11l8-7 8 7v8.5a.5.5 0 0 1-.5.5H15v-6H9v6H4.5a.5.5 0 0 1-.5-.5z"],
  ["invitations", "/invitations", "M6 10a6 6 0 0 1 12 0c0 5 2 6.5 2 6.5H4S6 15 6 10M10 20a2.2 2.2 0 0 0 4 0"],
  ["extensions", "/extensions", "M19.5 9A8 8 0 1 0 20 13M12 8v4.5l3 1.8M20.5 4v5h-5"],
  ["history", "/history", "M5 5.5h14v10H11l-4.5 4v-4H5zM9 10.5h.01M12 10.5h.01M15 10.5h.01"],
  ["profile", "/profile", "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.8-3.8 3.8-6 7.5-6s6.7 2.2 7.5 6"],
];

export function Navigation() {
  const counts = { invitations: desk.offers.value.length, extensions: desk.extensions.value.length };
  const here = route.value.path;
  return html`
    <nav class="tabs" aria-label=${t("app")}>
      ${PLACES.map(([name, path, drawing]) => html`
        <a key=${name} href=${`#${path}`} data-testid=${`nav_${name}`}
          aria-current=${here === path ? "page" : undefined}
          onClick=${(event) => {
            event.preventDefault();
            go(path);
          }}>
          <svg viewBox="0 0 24 24" aria-hidden="true"><path d=${drawing} /></svg>
          <span>${t(name)}</span>
          ${counts[name] > 0 && html`
            <span class="badge" data-testid=${`nav_${name}_count`}><span
              aria-hidden="true">${counts[name]}</span>
              <span class="unseen">${t("waiting_count", { count: counts[name] })}</span></span>`}
        </a>`)}
    </nav>`;
}
