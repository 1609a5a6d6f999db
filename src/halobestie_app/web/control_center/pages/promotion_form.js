// The first-session discount: one form, saved as a whole or not at all; a lost lock shows what differs,
// member by member.
import { html, useState } from "common/html.js";
import { Button, Field, Notice, Select, Switch, toast } from "common/ui.js";
import { problemText } from "common/texts.js";
import { api } from "../api.js";
import { priced, readsAs, sumOf, wrongMinutes, wrongPrice } from "./prices.js";
import { t } from "./pricing_texts.js";
import { Conflict, lastChange } from "./parts/conflict.js";
import { useGuard, useKept, useKeptRef } from "./parts/drafts.js";
import { work } from "./parts/words.js";

export const PROMOTION = "/internal/pricing/promotions/first_session_discount";
const FORM = "pricing_promotion";
const MEMBERS = ["is_active", "mode", "minutes", "price", "label", "requires_phone"];

/** @param {{promotion: object, tiers: object[], onTaken: (promotion) => void}} props */
export function PromotionForm({ promotion, tiers, onTaken }) {
  const [draft, setDraft] = useKept(FORM);
  const [lost, setLost] = useState(null);
  const [wrong, setWrong] = useState(null);
  const [busy, setBusy] = useState(false);
  const seen = useKeptRef(FORM); // `updated_at` of what was on the screen when somebody began to type
  const now = { ...typedOf(promotion), ...draft };
  const errors = wrongWith(now);
  const changes = changesOf(promotion, now);
  useGuard(FORM, Object.keys(changes).length > 0);
  const put =
    (name, of = (input) => input.value) =>
    (event) => {
      const value = of(event.currentTarget);
      seen.current ??= promotion.updated_at;
      setDraft((before) => ({ ...before, [name]: value }));
    };

  const save = async (event) => {
    event.preventDefault();
    if (busy || Object.keys(changes).length === 0) return;
    if (Object.values(errors).some(Boolean)) {
      event.currentTarget.querySelector('[aria-invalid="true"]')?.focus();
      return;
    }
    await send(changes, seen.current ?? promotion.updated_at);
  };
  const forget = () => {
    seen.current = null;
    setDraft({});
  };
  const send = async (wish, updatedAt) => {
    setBusy(true);
    setWrong(null);
    try {
      onTaken(await api.patch(PROMOTION, { ...wish, updated_at: updatedAt }));
      forget();
      setLost(null);
      toast(t("promotion_saved"), "good");
    } catch (error) {
      if (error.code !== "STALE_WRITE") {
        setWrong(error);
        return;
      }
      const last = await lastChange(api, "/internal/pricing/history", (row) => row.key === promotion.key);
      setLost({ wish, current: error.body.current, last });
    } finally {
      setBusy(false);
    }
  };
  const choose = async (choices) => {
    const { wish, current } = lost;
    const kept = Object.fromEntries(Object.entries(wish).filter(([name]) => choices[name] !== "theirs"));
    onTaken(current);
    setLost(null);
    setDraft(Object.fromEntries(Object.keys(kept).map((name) => [name, now[name]])));
    seen.current = Object.keys(kept).length ? current.updated_at : null;
    if (Object.keys(kept).length) await send(kept, current.updated_at);
    else toast(t("kept_theirs"), "info");
  };

  return html`<form class="card" onSubmit=${save} noValidate data-testid="promotion_form">
    <h2>${t("promotion")}</h2>
    <p>${t("promotion_lead")}</p>
    <${InForce} promotion=${promotion} />
    ${
      lost
        ? html`<${Conflict}
          key=${lost.current.updated_at}
          lost=${differing(lost)}
          onChoose=${choose}
          onCancel=${() => setLost(null)}
          testid="promotion_conflict"
        />`
        : html`<${Inputs} now=${now} errors=${errors} tiers=${tiers} put=${put} />`
    }
    <div role="alert">${wrong && html`<${Notice} kind="bad">${problemText(wrong)}<//>`}</div>
    ${
      !lost &&
      html`<div class="work-group-foot">
      <span
        role="status">
          ${Object.keys(changes).length ? t("unsaved") : html`<small>${t("all_saved")}</small>`}
        </span>
      ${
        Object.keys(changes).length > 0 &&
        html`<${Button} kind="quiet" onClick=${forget}
          testid="promotion_undo_button">${work("discard")}<//>`
      }
      <${Button} type="submit" busy=${busy} disabled=${Object.keys(changes).length === 0}
        testid="promotion_save_button">
        ${work("save")}
      <//>
    </div>`
    }
  </form>`;
}

function InForce({ promotion }) {
  if (!promotion.is_active) return html`<${Notice} kind="info" testid="promotion_state">${t("is_off")}<//>`;
  return promotion.applies
    ? html`<${Notice} kind="good" testid="promotion_state">${t("applies")}<//>`
    : html`<${Notice} kind="warning" testid="promotion_state">${t("not_applies")}<//>`;
}

function Inputs({ now, errors, tiers, put }) {
  const modes = ["chat", "call"].map((mode) => ({ value: mode, label: t(`mode_${mode}`) }));
  const sold = tiers.filter((tier) => tier.is_active && tier.mode === now.mode).map((tier) => tier.minutes);
  return html`
    <${Switch}
      label=${t("active")}
      checked=${now.is_active}
      onChange=${put("is_active", (input) => input.checked)}
      testid="promotion_active_switch"
    />
    <div class="work-pair">
      <${Select} label=${t("mode")} value=${now.mode} options=${modes} onChange=${put("mode")}
        testid="promotion_mode_select" />
      <${Field}
        label=${t("minutes")}
        hint=${`${t("promotion_minutes_hint")} ${sold.length ? `(${sold.join(", ")})` : ""}`}
        error=${errors.minutes}
        inputmode="numeric"
        autocomplete="off"
        value=${now.minutes}
        onInput=${put("minutes")}
        testid="promotion_minutes_input"
      />
    </div>
    <${Field}
      label=${t("price")}
      hint=${`${t("promotion_price_hint")} ${readsAs(now.price, 0)}`}
      error=${errors.price}
      inputmode="numeric"
      autocomplete="off"
      value=${now.price}
      onInput=${put("price")}
      testid="promotion_price_input"
    />
    <${Field}
      label=${t("label")}
      error=${errors.label}
      maxlength="80"
      value=${now.label}
      onInput=${put("label")}
      testid="promotion_label_input"
    />
    <${Switch}
      label=${t("requires_phone")}
      checked=${now.requires_phone}
      onChange=${put("requires_phone", (input) => input.checked)}
      testid="promotion_phone_switch"
    />
  `;
}

function typedOf(promotion) {
  return { ...promotion, minutes: String(promotion.minutes), price: String(promotion.price) };
}

function meantOf(now) {
  return { ...now, minutes: Number(now.minutes), price: sumOf(now.price), label: now.label.trim() };
}

function wrongWith(now) {
  const length = now.label.trim().length;
  return {
    minutes: wrongMinutes(now.minutes),
    price: wrongPrice(now.price, 0),
    label: length >= 1 && length <= 80 ? "" : t("label_wrong"),
  };
}

function changesOf(promotion, now) {
  const wish = meantOf(now);
  return Object.fromEntries(
    MEMBERS.filter((name) => !Object.is(wish[name], promotion[name])).map((name) => [name, wish[name]]),
  );
}

function differing({ wish, current, last }) {
  const labels = { is_active: "active", requires_phone: "requires_phone" };
  const read = (name, value) => {
    if (typeof value === "boolean") return work(value ? "yes" : "no");
    if (name === "price") return priced(value);
    return name === "mode" ? t(`mode_${value}`) : String(value);
  };
  return Object.keys(wish).map((name) => ({
    key: name,
    label: t(labels[name] ?? name),
    theirs: read(name, current[name]),
    yours: read(name, wish[name]),
    last,
  }));
}
