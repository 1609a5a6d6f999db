// Undangan: every open request to this mitra.

import { html } from "common/html.js";
import { Empty, Page, Skeleton } from "common/ui.js";
import { desk } from "../model/app.js";
import { t } from "../texts.js";
import { OfferCard } from "./cards.js";

export function Invitations() {
  const offers = desk.offers.value;
  return html`
    <${Page} title=${t("invitations")} testid="invitations_screen">
      ${!desk.ready.value && html`<${Skeleton} shape="card" lines=${2} />`}
      ${desk.ready.value && offers.length === 0 && html`
        <${Empty} testid="invitations_empty" icon="heart" title=${t("no_offers")}
          text=${t(desk.status.value.is_online ? "no_offers_text" : "no_chats_offline")} />`}
      <div class="list" data-testid="invitations_list">
        ${offers.map((offer) => html`<${OfferCard} key=${offer.id} offer=${offer} />`)}
      </div>
    <//>`;
}
