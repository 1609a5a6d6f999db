// The dialogs around one tier: adding, editing its price, taking it away. Each shows what stands if
// somebody was first.
import { html, useState } from "common/html.js";
import { Button, Field, Notice, Select, toast } from "common/ui.js";
import { rupiah } from "common/texts.js";
import { api } from "../api.js";
import { readsAs, sumOf, wrongMinutes, wrongPrice } from "./prices.js";
import { t } from "./pricing_texts.js";
import { Conflict, lastChange } from "./parts/conflict.js";
import { Doing } from "./parts/doing.js";
import { work } from "./parts/words.js";

export const TIERS = "/internal/pricing/tiers";

/** @param {{onClose: () => void, onDone: () => void, onBack: (tier) => Promise<void>}} props */
export function AddTier({ onClose, onDone, onBack }) {
  const [form, setForm] = useState({ mode: "chat", minutes: "", price: "" });
  const [tried, setTried] = useState(false);
  const put = (name) => (event) => setForm((before) => ({ ...before, [name]: event.currentTarget.value }));
  const wrong = { minutes: wrongMinutes(form.minutes), price: wrongPrice(form.price) };

  const send = async () => {
    setTried(true);
    if (wrong.minutes || wrong.price) return;
    const body = { mode: form.mode, minutes: Number(form.minutes), price: sumOf(form.price) };
    const tier = await api.post(TIERS, body, { key: true });
    toast(t("added", { n: tier.minutes, price: rupiah(tier.price) }), "good");
    onDone();
    onClose();
  };
  const explain = (error) => {
    const tier = error.body?.current;
    if (!tier) return undefined;
    const said = { n: tier.minutes, price: rupiah(tier.price) };
    if (error.code === "TIER_EXISTS") return t("exists", said);
    if (error.code !== "TIER_INACTIVE") return undefined;
    const back = async () => {
      await onBack(tier);
      onClose();
    };
    return html`${t("inactive_exists", said)}
      <${Button} kind="quiet" type="button" onClick=${back}
        testid="tier_add_reactivate_button">${t("bring_back_it")}<//>`;
  };

  return html`<${Doing}
    open
    title=${t("add_title")}
    submit=${t("add")}
    testid="tier_add"
    onSubmit=${send}
    onClose=${onClose}
    explain=${explain}
  >
    <${Select}
      label=${t("mode")}
      value=${form.mode}
      hint=${form.mode === "call" ? t("mode_call_text") : undefined}
      options=${["chat", "call"].map((mode) => ({ value: mode, label: t(`mode_${mode}`) }))}
      onChange=${put("mode")}
      testid="tier_mode_select"
    />
    <${Field}
      label=${t("minutes")}
      inputmode="numeric"
      autocomplete="off"
      value=${form.minutes}
      error=${tried ? wrong.minutes : undefined}
      onInput=${put("minutes")}
      testid="tier_minutes_input"
    />
    <${Field}
      label=${t("price")}
      hint=${readsAs(form.price) || t("whole")}
      inputmode="numeric"
      autocomplete="off"
      value=${form.price}
      error=${tried ? wrong.price : undefined}
      onInput=${put("price")}
      testid="tier_price_input"
    />
  <//>`;
}

/** @param {{tier: object, onClose: () => void, onDone: (tier) => void}} props */
export function EditTier({ tier, onClose, onDone }) {
  const [price, setPrice] = useState(String(tier.price));
  const [lost, setLost] = useState(null);
  const wrong = wrongPrice(price);

  const save = async (seen) => {
    if (wrong) return;
    try {
      const saved = await api.patch(`${TIERS}/${tier.id}`, {
        price: sumOf(price),
        updated_at: seen.updated_at,
      });
      toast(t("edited", { n: saved.minutes, price: rupiah(saved.price) }), "good");
      onDone(saved);
      onClose();
    } catch (error) {
      if (error.code !== "STALE_WRITE") throw error;
      const last = await lastChange(api, "/internal/pricing/history", (row) => row.tier_id === tier.id);
      setLost({ ...error.body.current, last });
    }
  };
  const choose = async (choices) => {
    if (choices.price === "yours") return save(lost);
    onDone(lost);
    toast(t("same", { price: rupiah(lost.price) }), "info");
    return onClose();
  };

  const both = lost && [
    {
      key: "price",
      label: t("minutes_n", { n: tier.minutes }),
      theirs: tierSaid(lost),
      yours: rupiah(sumOf(price)),
      last: lost.last,
    },
  ];
  return html`<${Doing}
    open
    title=${t("edit_title", { n: tier.minutes })}
    submit=${work("save")}
    disabled=${!lost && (Boolean(wrong) || sumOf(price) === tier.price)}
    bare=${Boolean(lost)}
    testid="tier_edit"
    onSubmit=${() => save(tier)}
    onClose=${onClose}
  >
    ${
      lost
        ? html`<${Conflict} key=${lost.updated_at} lost=${both} onChoose=${choose} onCancel=${onClose}
          testid="tier_conflict" />`
        : html`<div class="work-pair">
            <${Field} label=${t("minutes")} value=${tier.minutes} readonly testid="tier_minutes_fixed" />
            <${Field} label=${t("mode")} value=${t(`mode_${tier.mode}`)} readonly testid="tier_mode_fixed" />
          </div>
          <p><small>${t("fixed")}</small></p>
          <${Field}
            label=${t("price")}
            hint=${readsAs(price) || t("whole")}
            inputmode="numeric"
            autocomplete="off"
            value=${price}
            error=${wrong || undefined}
            onInput=${(event) => setPrice(event.currentTarget.value)}
            testid="tier_price_input"
          />`
    }
  <//>`;
}

/** @param {{tier: object, promotion?: object, onClose: () => void, onDone: (tier) => void}} props */
export function RemoveTier({ tier, promotion, onClose, onDone }) {
  const [shown, setShown] = useState(tier); // as it stands now
  const promoted = promotion?.applies && promotion.mode === shown.mode && promotion.minutes === shown.minutes;

  const send = async () => {
    try {
      onDone(await api.del(`${TIERS}/${shown.id}`, { query: { updated_at: shown.updated_at } }));
    } catch (error) {
      if (error.code === "STALE_WRITE") {
        setShown(error.body.current);
        onDone(error.body.current);
      }
      throw error;
    }
    toast(t("removed", { n: shown.minutes }), "good");
    onClose();
  };
  const explain = (error) =>
    error.code === "STALE_WRITE" ? t("stale", { now: tierSaid(error.body.current) }) : undefined;

  return html`<${Doing}
    open
    title=${t("remove_title", { n: shown.minutes })}
    submit=${t("remove")}
    kind="danger"
    testid="tier_remove"
    onSubmit=${send}
    onClose=${onClose}
    explain=${explain}
  >
    <p>${t("remove_text")}</p>
    ${promoted && html`<${Notice} kind="warning">${t("remove_promotion")}<//>`}
  <//>`;
}

/** A tier in few words. */
export function tierSaid(tier) {
  return `${rupiah(tier.price)}${tier.is_active ? "" : ` (${t("inactive")})`}`;
}
