// A screen's frame: heading, way back, content, actions at the foot; and the choices of language and theme.

import { html, useEffect, useRef } from "common/html.js";
import { back as goBack, go } from "common/router.js";
import { common, language, setLanguage } from "common/texts.js";
import { setTheme, theme } from "common/theme.js";
import { Icon } from "common/ui/icon.js";
import { Select } from "common/ui/field.js";

/**
 * One screen. Its heading gets the focus when it comes, so that a screen reader says where one is.
 *
 * With `wide` it is part of a shell that has its own `main`.
 *
 * @param {{title: string, back?: boolean|string|(() => void), actions?: unknown, bottom?: unknown,
 *   wide?: boolean, testid?: string, children: unknown}} props `back`: true, where to, or what to do;
 *   `actions`: beside the heading; `bottom`: what is to be done here, at the lower end of a phone
 */
export function Page({
  title, back, actions, bottom, wide = false, testid, children, class: extra = "", ...rest
}) {
  const heading = useRef(null);
  useEffect(() => {
    const focused = document.activeElement;
    if (!focused || focused === document.body) heading.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => { document.title = `${title} · Halo Bestie`; }, [title]);

  function left() {
    if (typeof back === "function") back();
    else if (typeof back === "string") go(back);
    else goBack();
  }

  return html`<${wide ? "section" : "main"} ...${rest} class=${`page ${wide ? "wide" : ""} ${extra}`}
    data-testid=${testid}>
    <header class="page-head">
      ${back && html`<button type="button" class="icon-button" aria-label=${common("back")}
        data-testid="back_button" onClick=${left}><${Icon} name="back" /></button>`}
      <h1 tabindex="-1" ref=${heading}>${title}</h1>
      ${actions && html`<div class="page-actions">${actions}</div>`}
    </header>
    <div class="page-body">${children}</div>
    ${bottom && html`<footer class="page-bottom">${bottom}</footer>`}
  <//>`;
}

/** Language and theme. */
export function Preferences({ testid = "preferences" }) {
  return html`<div class="preferences" data-testid=${testid}>
    <${Select} label=${common("language")} testid="language_select" value=${language.value}
      options=${["id", "en"].map((code) => ({ value: code, label: common(`language_${code}`) }))}
      onChange=${(event) => setLanguage(event.currentTarget.value)} />
    <${Select} label=${common("theme")} testid="theme_select" value=${theme.value}
      options=${["auto", "light", "dark"].map((name) => ({ value: name, label: common(`theme_${name}`) }))}
      onChange=${(event) => setTheme(event.currentTarget.value)} />
  </div>`;
}
