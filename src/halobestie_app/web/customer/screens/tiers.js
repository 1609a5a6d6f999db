// The picker of a length and its price: a group of radio buttons, for a chat and for more time.

import { html } from "common/html.js";
import { rupiah } from "common/texts.js";
import { t } from "../texts.js";

/** @returns {string} the price in words: "Rp 25.000", or "Gratis" */
export const priceText = (amount) => (amount === 0 ? t("free") : rupiah(amount));

/**
 * @param {{tiers: object[], chosen: string|null, choose: (id: string) => void, name: string,
 *   testid: string}} props `testid`: before the minutes of each, as in `payment_tier_12`
 */
export function Tiers({ tiers, chosen, choose, name, testid }) {
  return html`<fieldset class="tiers">
    <legend class="unseen">${t("tiers")}</legend>
    ${tiers.map((tier) => {
      const cheaper = tier.price < tier.list_price;
      return html`<label key=${tier.id} class="tier" data-testid=${`${testid}_${tier.minutes}`}>
        <input type="radio" name=${name} value=${tier.id} checked=${chosen === tier.id}
          onChange=${() => choose(tier.id)} />
        <span class="tier-minutes">${t("minutes", { count: tier.minutes })}
          ${tier.label && html`<small class="badge rose">${tier.label}</small>`}</span>
        <span class="tier-price">
          ${cheaper && html`<s><span class="unseen">${t("list_price")} </span>${rupiah(tier.list_price)}</s>`}
          <strong>${cheaper && html`<span class="unseen">${t("your_price")} </span>`}
            ${priceText(tier.price)}</strong>
        </span>
      </label>`;
    })}
  </fieldset>`;
}

/** What is to be paid, and what it was. */
export function Total({ tier, testid }) {
  return html`<p class="total" data-testid=${testid} aria-live="polite">
    <span>${t("total")}</span><strong>${tier ? priceText(tier.price) : "\u00a0"}</strong></p>`;
}
