// Prices: tiers in the order in which customers see them, the first-session discount, and who changed what.
import { html, useState } from "common/html.js";
import { Button, Empty, Notice, Page, Problem, Skeleton, toast } from "common/ui.js";
import { rupiah } from "common/texts.js";
import { api } from "../api.js";
import { priced } from "./prices.js";
import { t } from "./pricing_texts.js";
import { PROMOTION, PromotionForm } from "./promotion_form.js";
import { AddTier, EditTier, RemoveTier, TIERS, tierSaid } from "./tier_forms.js";
import { TierList } from "./tier_list.js";
import { useFarewell } from "./parts/drafts.js";
import { History, differences } from "./parts/history.js";
import { useLoad } from "./parts/load.js";
import { work } from "./parts/words.js";

const DIALOGS = { edit: EditTier, remove: RemoveTier };

export function PricingPage() {
  useFarewell("pricing", () => t("title"));
  const load = useLoad(
    (signal) => Promise.all([api.get(TIERS, { signal }), api.get(PROMOTION, { signal })]),
    "pricing",
  );
  const [doing, setDoing] = useState(null);
  const [tiers, promotion] = load.data ?? [];
  const close = () => setDoing(null);

  const taken = (rows) => {
    const newer = new Map([rows].flat().map((row) => [row.id, row]));
    load.put(([page, promo]) => [{ ...page, rows: page.rows.map((row) => newer.get(row.id) ?? row) }, promo]);
    return load.reload(); // the discount may apply now, or no longer
  };
  const reactivate = async (tier) => {
    try {
      const row = await api.post(
        `${TIERS}/${tier.id}/reactivate`,
        { updated_at: tier.updated_at },
        { key: true },
      );
      toast(t("reactivated", { n: row.minutes, price: rupiah(row.price) }), "good");
      await taken(row);
    } catch (error) {
      if (error.code !== "STALE_WRITE") throw error;
      toast(t("stale", { now: tierSaid(error.body.current) }), "warning");
      await taken(error.body.current);
    }
  };
  const Dialog = doing && DIALOGS[doing.what];

  return html`<${Page}
    title=${t("title")}
    wide
    actions=${html`<${Button} onClick=${() => setDoing({ what: "add" })}
      testid="tier_add_button">${t("add")}<//>`}
  >
    <p class="work-lead">${t("lead")}</p>
    ${!load.data && load.error && html`<${Problem} error=${load.error} retry=${load.reload} />`}
    ${!load.data && !load.error && html`<${Skeleton} lines=${12} />`}
    ${
      load.data &&
      html`<div class="work-groups work-prices">
        ${modesOf(tiers.rows).map(
          (mode) => html`<${Tiers}
            key=${mode}
            mode=${mode}
            rows=${tiers.rows.filter((row) => row.mode === mode)}
            onDo=${(what, tier) => setDoing({ what, tier })}
            onReactivate=${reactivate}
            onTaken=${taken}
            reload=${load.reload}
          />`,
        )}
        <${PromotionForm} promotion=${promotion} tiers=${tiers.rows}
          onTaken=${(row) => load.put(([page]) => [page, row])} />
      </div>
      <${History}
        api=${api}
        path="/internal/pricing/history"
        fresh=${load.data}
        testid="pricing_history"
        name=${nameOf}
        show=${changesOf}
      />`
    }
    ${doing?.what === "add" && html`<${AddTier} onClose=${close} onDone=${load.reload} onBack=${reactivate}
      />`}
    ${Dialog && html`<${Dialog} key=${doing.tier.id} tier=${doing.tier} promotion=${promotion}
      onClose=${close} onDone=${taken} />`}
  <//>`;
}

function Tiers({ mode, rows, onDo, onReactivate, onTaken, reload }) {
  const active = rows.filter((row) => row.is_active);
  const inactive = rows.filter((row) => !row.is_active);
  return html`<section class="card" data-testid=${`tiers_${mode}`}>
    <h2>${t(`mode_${mode}`)}</h2>
    ${mode === "call" && html`<p>${t("mode_call_text")}</p>`}
    ${mode === "chat" && rows.length > 0 && active.length === 0 && html`<${Notice}
      kind="warning">${t("none_active")}<//>`}
    ${rows.length === 0 && html`<${Empty} title=${t("empty_title")} text=${t("empty_text")} />`}
    ${active.length > 0 && html`<${TierList} mode=${mode} rows=${active} onDo=${onDo} onTaken=${onTaken}
      reload=${reload} />`}
    ${
      inactive.length > 0 &&
      html`<h3>${t("inactive")}</h3>
      <ul class="work-list" data-testid=${`tiers_${mode}_inactive`}>
        ${inactive.map(
          (row) => html`<li key=${row.id} class="work-line" data-testid="tier_inactive_row">
            <span>${t("minutes_n", { n: row.minutes })} · <span
              class="work-number">${rupiah(row.price)}</span></span>
            <${Button}
              kind="quiet"
              onClick=${() => onReactivate(row)}
              aria-label=${t("reactivate_it", { n: row.minutes })}
              testid="tier_reactivate_button"
              >${t("reactivate")}<//
            >
          </li>`,
        )}
      </ul>`
    }
  </section>`;
}

/** Chat is always there; the others when somebody sells something in them. */
function modesOf(rows) {
  return [...new Set(["chat", ...rows.map((row) => row.mode)])];
}

function nameOf(row) {
  if (!row.tier_id) return t("promotion");
  return t("minutes_n", { n: row.after?.minutes ?? row.before?.minutes ?? "?" });
}

function changesOf(row) {
  const either = (on, off) => (value) => (value ? on : off);
  return differences(row.before, row.after, {
    minutes: { what: t("minutes"), show: (value) => String(value) },
    price: { what: t("price"), show: priced },
    label: { what: t("label"), show: (value) => `“${value}”` },
    requires_phone: { what: t("requires_phone"), show: either(work("yes"), work("no")) },
    sort_order: { what: t("sort_order"), show: (value) => String(value) },
    is_active: { what: t("state"), show: either(t("is_active"), t("is_inactive")) },
  });
}
