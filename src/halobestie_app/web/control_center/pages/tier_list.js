// The active tiers of one mode, put in order by buttons or by Alt and the arrows; the order is saved as a
// whole.
import { html, useEffect, useRef, useState } from "common/html.js";
import { Button, Notice, toast } from "common/ui.js";
import { rupiah } from "common/texts.js";
import { api } from "../api.js";
import { t } from "./pricing_texts.js";
import { TIERS } from "./tier_forms.js";
import { Rows } from "./parts/rows.js";
import { work } from "./parts/words.js";

/**
 * @param {{mode: string, rows: object[], onDo: (what, tier) => void, onTaken: (rows) => any,
 *   reload: () => any}} props
 */
export function TierList({ mode, rows, onDo, onTaken, reload }) {
  const [order, setOrder] = useState(null); // ids as the operator wants them, null: as they are
  const [told, setTold] = useState("");
  const [stale, setStale] = useState("");
  const table = useRef(null);
  const focus = useRef(null);
  const shown = order ? inOrder(rows, order) : rows;
  const moved = order !== null && shown.some((row, place) => row.id !== rows[place].id);

  useEffect(() => {
    if (!focus.current) return;
    table.current?.querySelector(`[data-move="${focus.current}"]`)?.focus();
    focus.current = null;
  });

  const move = (tier, step, button) => {
    const ids = shown.map((row) => row.id);
    const from = ids.indexOf(tier.id);
    const to = from + step;
    if (to < 0 || to >= ids.length) return;
    ids.splice(to, 0, ...ids.splice(from, 1));
    setOrder(ids);
    setTold(t("moved", { n: tier.minutes, place: to + 1, all: ids.length }));
    focus.current = button;
  };
  const save = async () => {
    const items = shown.map(({ id, updated_at: seen }) => ({ id, updated_at: seen }));
    try {
      const page = await api.post(`${TIERS}/reorder`, { mode, items }, { key: true });
      await onTaken(page.rows);
      setOrder(null);
      setStale("");
      toast(t("order_saved"), "good");
      await reload();
    } catch (error) {
      if (error.code !== "STALE_WRITE" && error.code !== "VALIDATION_ERROR") throw error;
      const gone = error.code === "VALIDATION_ERROR" || error.body.current.some((row) => !row.is_active);
      setStale(t(gone ? "order_changed" : "order_stale"));
      await reload();
    }
  };
  const undo = () => {
    setOrder(null);
    setStale("");
  };
  const keys = (tier) => (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || !event.altKey) return;
    event.preventDefault();
    move(tier, step, event.target.dataset.move);
  };

  return html`<div ref=${table}>
    <${Rows}
      caption=${t(`mode_${mode}`)}
      columns=${columns({ shown, move, keys, onDo })}
      load=${{ data: { rows: shown }, error: null, turning: false }}
      testid=${`tiers_${mode}_table`}
      rowTestid="tier_row"
    />
    <span class="unseen" aria-live="polite" data-testid="tier_moved">${told}</span>
    ${stale && html`<${Notice} kind="warning" live testid="tier_order_stale">${stale}<//>`}
    ${
      moved
        ? html`<div class="work-group-foot">
          <span role="status">${t("order_unsaved")}</span>
          <${Button} kind="quiet" onClick=${undo} testid="tier_order_undo_button">${work("discard")}<//>
          <${Button} onClick=${save} testid="tier_order_save_button">${t("order_save")}<//>
        </div>`
        : html`<p class="soft work-hint"><small>${t("keys")}</small></p>`
    }
  </div>`;
}

function columns({ shown, move, keys, onDo }) {
  const place = (row) => shown.findIndex((one) => one.id === row.id);
  const arrow = (row, step, name, sign) => html`<${Button}
    kind="quiet"
    class="work-arrow"
    data-move=${`${name}-${row.id}`}
    disabled=${place(row) + step < 0 || place(row) + step >= shown.length}
    aria-label=${t(name, { n: row.minutes })}
    onClick=${() => move(row, step, `${name}-${row.id}`)}
    onKeyDown=${keys(row)}
    testid=${`tier_${name}_button`}
    ><span aria-hidden="true">${sign}</span><//
  >`;
  return [
    {
      key: "order",
      title: t("order"),
      cell: (row) =>
        html`<span class="work-arrows">${arrow(row, -1, "up", "↑")}${arrow(row, 1, "down", "↓")}</span>`,
    },
    {
      key: "minutes",
      title: t("minutes"),
      cell: (row) => html`<strong>${t("minutes_n", { n: row.minutes })}</strong>`,
    },
    { key: "price", title: t("price"), numeric: true, cell: (row) => rupiah(row.price) },
    {
      key: "do",
      title: "",
      cell: (row) => html`<span class="work-actions">
        <${Button} kind="quiet" onClick=${() => onDo("edit", row)}
          aria-label=${t("edit_it", { n: row.minutes })} testid="tier_edit_button">
          ${t("edit")}
        <//>
        <${Button} kind="quiet" onClick=${() => onDo("remove", row)}
          aria-label=${t("remove_it", { n: row.minutes })} testid="tier_remove_button">
          ${t("remove")}
        <//>
      </span>`,
    },
  ];
}

/** Those that the operator has put in order, then whatever came since. */
function inOrder(rows, ids) {
  const known = ids.map((id) => rows.find((row) => row.id === id)).filter(Boolean);
  return [...known, ...rows.filter((row) => !ids.includes(row.id))];
}
