// Perpanjang: every request for more time that waits for this mitra.

import { html } from "common/html.js";
import { Empty, Page, Skeleton } from "common/ui.js";
import { desk } from "../model/app.js";
import { t } from "../texts.js";
import { ExtensionCard } from "./cards.js";

export function Extensions() {
  const asked = desk.extensions.value;
  return html`
    <${Page} title=${t("extensions")} testid="extensions_screen">
      ${!desk.ready.value && html`<${Skeleton} shape="card" lines=${2} />`}
      ${desk.ready.value && asked.length === 0 && html`
        <${Empty} testid="extensions_empty" icon="clock" title=${t("no_extensions")}
          text=${t("no_extensions_text")} />`}
      <div class="list" data-testid="extensions_list">
        ${asked.map((extension) => html`<${ExtensionCard} key=${extension.id} extension=${extension} />`)}
      </div>
    <//>`;
}
