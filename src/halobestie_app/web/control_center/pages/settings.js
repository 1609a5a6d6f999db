// The operator-tunable settings: one form per subject, only what changed is sent, and a lost lock shows
// both values.
import { html, useState } from "common/html.js";
import { Button, Notice, Page, Problem, Skeleton, toast } from "common/ui.js";
import { problemText } from "common/texts.js";
import { api } from "../api.js";
import { SettingField } from "./setting_field.js";
import { isChanged, labelOf, meant, shown, typed, wrongWith } from "./setting_values.js";
import { GROUPS, t } from "./settings_texts.js";
import { Conflict, lastChange } from "./parts/conflict.js";
import { useFarewell, useGuard, useKept, useKeptRef } from "./parts/drafts.js";
import { History } from "./parts/history.js";
import { useLoad } from "./parts/load.js";
import { work } from "./parts/words.js";

const CONFIG = "/internal/config";

export function SettingsPage() {
  useFarewell("settings", () => t("title"));
  const load = useLoad(
    (signal) => Promise.all([api.get(CONFIG, { signal }), api.get(`${CONFIG}/mitra-ping`, { signal })]),
    "settings",
  );
  const [taken, setTaken] = useState(null);
  const [page, ping] = load.data ?? [];
  const rows = taken ?? page?.rows;
  const known = Object.values(GROUPS).flat();
  const groups = {
    ...GROUPS,
    other: (rows ?? []).map((row) => row.key).filter((key) => !known.includes(key)),
  };

  return html`<${Page} title=${t("title")} wide>
    <p class="work-lead">${t("lead")}</p>
    ${!rows && load.error && html`<${Problem} error=${load.error} retry=${load.reload} />`}
    ${!rows && !load.error && html`<div aria-busy="true"><${Skeleton} lines=${16} /></div>`}
    ${
      rows &&
      html`<div class="work-groups work-columns">
        ${Object.entries(groups)
          .filter(([, keys]) => keys.length > 0)
          .map(
            ([name, keys]) => html`<${Group}
              key=${name}
              name=${name}
              rows=${rows.filter((row) => keys.includes(row.key))}
              all=${rows}
              cadence=${ping.heartbeat_cadence_seconds}
              onTaken=${setTaken}
            />`,
          )}
      </div>
      <${History}
        api=${api}
        path=${`${CONFIG}/history`}
        fresh=${rows}
        testid="settings_history"
        name=${(change) => labelOf(rowOf(rows, change.key))}
        show=${(change) => {
          const row = rowOf(rows, change.key);
          return [
            {
              what: "",
              before: change.before === null ? null : shown(row, change.before),
              after: shown(row, change.after),
            },
          ];
        }}
      />`
    }
  <//>`;
}

function rowOf(rows, key) {
  return rows.find((row) => row.key === key) ?? { key, label: key };
}

/** One form. What is typed stays until it is saved or undone, whatever is read or looked at meanwhile. */
function Group({ name, rows, all, cadence, onTaken }) {
  const form = `settings_${name}`;
  const [drafts, setDrafts] = useKept(form);
  const seen = useKeptRef(form); // key -> `updated_at` of what was on the screen when somebody began to type
  const [errors, setErrors] = useState({});
  const [wrong, setWrong] = useState(null);
  const [lost, setLost] = useState(null);
  const [busy, setBusy] = useState(false);
  const draftOf = (row) => drafts[row.key] ?? typed(row, row.value);
  const changes = rows.filter((row) => isChanged(row, drafts[row.key]));
  useGuard(form, changes.length > 0);

  const draft = (row, value) => {
    seen.current = { ...seen.current, [row.key]: seen.current?.[row.key] ?? row.updated_at };
    setDrafts((before) => ({ ...before, [row.key]: value }));
    setErrors((before) => ({ ...before, [row.key]: undefined }));
  };
  const save = async (event) => {
    event?.preventDefault();
    if (busy || changes.length === 0) return;
    if (changes.some((row) => wrongWith(row, draftOf(row)))) {
      document.querySelector(`[data-testid="settings_group_${name}"] [aria-invalid="true"]`)?.focus();
      return;
    }
    await send(changes.map(wishOf));
  };
  const wishOf = (row) => ({
    row, value: meant(row, draftOf(row)), updated_at: seen.current?.[row.key] ?? row.updated_at,
  });
  const forget = () => {
    seen.current = null;
    setDrafts({});
  };
  const send = async (wishes) => {
    setWrong(null);
    setBusy(true);
    try {
      const body = Object.fromEntries(
        wishes.map(({ row, value, updated_at: at }) => [row.key, { value, updated_at: at }]),
      );
      const answer = await api.patch(CONFIG, body);
      forget();
      setErrors({});
      setLost(null);
      onTaken(answer.rows);
      toast(t("saved", { labels: wishes.map(({ row }) => labelOf(row)).join(", ") }), "good");
    } catch (error) {
      if (error.code === "STALE_WRITE") setLost(await told(error.body.current, wishes));
      else if (error.code === "VALIDATION_ERROR") setErrors(perKey(error, rows, cadence));
      else setWrong(error);
    } finally {
      setBusy(false);
    }
  };
  const settle = async (choices) => {
    const theirs = new Map(lost.map((one) => [one.row.key, one.current]));
    const now = all.map((row) => theirs.get(row.key) ?? row);
    const mine = changes.filter((row) => choices[row.key] !== "theirs");
    setDrafts(Object.fromEntries(mine.map((row) => [row.key, draftOf(row)])));
    setLost(null);
    onTaken(now);
    const stored = [...theirs].map(([key, row]) => [key, choices[key] === "theirs" ? null : row.updated_at]);
    seen.current = { ...seen.current, ...Object.fromEntries(stored) };
    if (mine.length === 0) toast(t("nothing_left"), "info");
    else await send(mine.map(wishOf));
  };

  return html`<form class="card" onSubmit=${save} noValidate data-testid=${`settings_group_${name}`}>
    <h2>${t(`group_${name}`)}</h2>
    ${
      lost
        ? html`<${Conflict} lost=${lost} onChoose=${settle} onCancel=${() => setLost(null)}
          testid="settings_conflict" />`
        : rows.map(
            (row) => html`<${SettingField}
            key=${row.key}
            row=${row}
            draft=${draftOf(row)}
            error=${errors[row.key]}
            cadence=${cadence}
            requirePing=${all.find((one) => one.key === "mitra_require_ping")?.value}
            onDraft=${(value) => draft(row, value)}
          />`,
          )
    }
    <div role="alert">${wrong && html`<${Notice} kind="bad">${problemText(wrong)}<//>`}</div>
    ${
      !lost &&
      html`<div class="work-group-foot">
      <span
        role="status">
          ${changes.length ? t("changes", { n: changes.length }) : html`<small>${t("no_changes")}</small>`}
        </span>
      ${
        changes.length > 0 &&
        html`<${Button} kind="quiet" type="button" onClick=${forget}
          testid=${`settings_${name}_undo_button`}>
        ${work("discard")}
      <//>`
      }
      <${Button}
        kind="primary"
        type="submit"
        busy=${busy}
        disabled=${changes.length === 0}
        testid=${`settings_${name}_save_button`}
        >${work("save")}<//
      >
    </div>`
    }
  </form>`;
}

/** The rows that were lost beside what was wanted, each with whoever wrote it last, if that can be had. */
function told(current, wishes) {
  return Promise.all(
    current.map(async (now) => {
      const { row, value } = wishes.find((wish) => wish.row.key === now.key);
      const last = await lastChange(api, `${CONFIG}/history`, (change) => change.key === now.key);
      return {
        key: now.key,
        row,
        current: now,
        label: labelOf(now),
        theirs: shown(now, now.value),
        yours: shown(now, value),
        last,
      };
    }),
  );
}

/** What the server said of each value. */
function perKey(error, rows, cadence) {
  const said = (error.body?.errors ?? []).map(({ path, message }) => {
    const key = rows.find((row) => path.includes(row.key))?.key ?? rows[0].key;
    const text = message.startsWith("stale_after_seconds must be")
      ? t("below_cadence", { n: cadence })
      : t("refused", { message });
    return [key, text];
  });
  return Object.fromEntries(said);
}
