// The filters of failed money: states, causes, days of Jakarta, and free text; all of them stand in the
// address.
import { html } from "common/html.js";
import { Button, Field } from "common/ui.js";
import { serverNow } from "common/time.js";
import { t } from "./failures_texts.js";
import { Ticks, Words } from "./parts/asking.js";
import { ask, asked, jakartaDay } from "./parts/filters.js";
import { CAUSES, cause, causeSentence, work } from "./parts/words.js";

const STATES = ["open", "actioned", "superseded"];

/** What the address asks the server for; without a word about states, what waits. */
export function wanted() {
  const { text, list } = asked();
  const states = list("state").filter((one) => STATES.includes(one));
  const all = text("state") === "all";
  return {
    state: all ? [] : states.length ? states : ["open"],
    cause_tags: list("cause_tags").filter((one) => CAUSES.includes(one)),
    date_from: text("date_from"),
    date_to: text("date_to"),
    q: text("q"),
  };
}

/** Whether more is asked for than what waits. */
export function isNarrow() {
  const { state, cause_tags: causes, date_from: from, date_to: to, q } = wanted();
  return Boolean(causes.length || from || to || q) || state.join() !== "open";
}

/** @param {{total?: number}} props */
export function FailureFilters({ total }) {
  const now = wanted();
  return html`<form class="work-filters" aria-label=${work("filters")}
    onSubmit=${(event) => event.preventDefault()}>
    <${States} chosen=${now.state} />
    <${Words} label=${t("search")} hint=${t("search_hint")} testid="failures_search_input" />
    <${Days} from=${now.date_from} to=${now.date_to} />
    <div class="work-filters-foot">
      <${Causes} chosen=${now.cause_tags} />
      <span role="status"
        data-testid="failures_total">${total === undefined ? "…" : work("found", { n: total })}</span>
      ${
        isNarrow() &&
        html`<${Button}
        kind="quiet"
        testid="failures_clear_button"
        onClick=${() => ask({ state: "", cause_tags: "", date_from: "", date_to: "", q: "" })}
        >${work("clear_filters")}<//
      >`
      }
    </div>
  </form>`;
}

function States({ chosen }) {
  const toggle = (name, on) => {
    const next = STATES.filter((one) => (one === name ? on : chosen.includes(one)));
    ask({
      state: next.length === 0 || next.length === STATES.length ? "all" : next.join() === "open" ? "" : next,
    });
  };
  return html`<${Ticks}
    legend=${t("state")}
    values=${STATES}
    chosen=${chosen}
    say=${(name) => t(`state_${name}`)}
    onToggle=${toggle}
    testid="failures_state"
  />`;
}

function Days({ from, to }) {
  const crossed = from && to && from > to;
  const last = (days) => {
    const now = serverNow();
    ask({ date_from: jakartaDay(now, days - 1), date_to: jakartaDay(now) });
  };
  return html`<fieldset class="work-days">
    <legend>${t("days_hint")}</legend>
    <${Field}
      label=${t("from")}
      type="date"
      value=${from.slice(0, 10)}
      onChange=${(event) => ask({ date_from: event.currentTarget.value })}
      testid="failures_from_input"
    />
    <${Field}
      label=${t("to")}
      type="date"
      value=${to.slice(0, 10)}
      error=${crossed ? t("dates_crossed") : undefined}
      onChange=${(event) => ask({ date_to: event.currentTarget.value })}
      testid="failures_to_input"
    />
    <span class="work-days-short">
      <${Button} kind="quiet" onClick=${() => last(1)} testid="failures_today_button">${t("today")}<//>
      <${Button} kind="quiet" onClick=${() => last(7)}>${t("days", { n: 7 })}<//>
      <${Button} kind="quiet" onClick=${() => last(30)}>${t("days", { n: 30 })}<//>
    </span>
  </fieldset>`;
}

function Causes({ chosen }) {
  const toggle = (name, on) =>
    ask({ cause_tags: CAUSES.filter((one) => (one === name ? on : chosen.includes(one))) });
  return html`<details class="work-causes">
    <summary data-testid="failures_causes_summary">
      ${chosen.length ? t("causes_some", { n: chosen.length }) : t("causes")}
    </summary>
    <${Ticks}
      legend=${t("causes")}
      unseen
      values=${CAUSES}
      chosen=${chosen}
      say=${cause}
      hint=${causeSentence}
      onToggle=${toggle}
      testid="failures_cause"
    />
  </details>`;
}
