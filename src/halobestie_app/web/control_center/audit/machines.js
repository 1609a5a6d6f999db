// The five machines, one at a time, with the traffic over each of them as it happens.

import { html, useSignal } from "common/html.js";
import { replace } from "common/router.js";
import { number, time } from "common/texts.js";
import { Notice, Problem, Skeleton } from "common/ui.js";
import { machine as nameOf, said } from "../pages/parts/words.js";
import { ZONE } from "../pages/parts/zone.js";
import { Diagram } from "./diagram.js";
import { edgesOf, populations } from "./edges.js";
import { EdgeDetails, RowTable } from "./rows.js";
import { t } from "./texts.js";
import { fired, heardAt, look, trouble, useTraffic } from "./traffic.js";

/** @param {{wanted: string | null}} props the machine's name, as the address has it */
export function Machines({ wanted }) {
  const traffic = useTraffic();
  const pinned = useSignal(null);
  const pointed = useSignal(null);
  if (!traffic) {
    return trouble.value
      ? html`<${Problem} error=${trouble.value} retry=${() => look().catch(() => {})} />`
      : html`<div class="cc-card cc-machines-waiting"><${Skeleton} lines=${8} /></div>`;
  }
  const machine = traffic.machines.find((one) => one.name === wanted) ?? traffic.machines[0];
  const edges = edgesOf(machine);
  const key = pointed.value ?? pinned.value;
  const edge = edges.find((one) => one.key === key) ?? null;
  const show = (which, toPin) => {
    if (toPin) pinned.value = pinned.value === which ? null : which;
    else pointed.value = which;
  };
  const choose = (name) => {
    pinned.value = pointed.value = null;
    replace(`/audit?machine=${name}`);
  };
  return html`
    <section class="cc-card" aria-labelledby="machines-title">
      <h2 id="machines-title" class="cc-unseen">${t("machines")}</h2>
      <${Chooser} machines=${traffic.machines} chosen=${machine.name} onChoose=${choose} />
      <p class="cc-machine-about">${t(`about_${machine.name}`)}</p>
      ${trouble.value && html`<p class="cc-stale" role="status">
        ${t("old", { time: time(heardAt.value, { zone: ZONE }) })}</p>`}
      ${!traffic.complete && html`<${Notice} kind="warning">${t("behind")}<//>`}
      <${Diagram} key=${machine.name} machine=${machine} edges=${edges} now=${populations(machine, edges)}
        fired=${fired.value} shown=${edge?.key ?? null} onShow=${show} />
      <${EdgeDetails} machine=${machine} edge=${edge} />
      <details class="cc-alternative">
        <summary>${t("as_table")}</summary>
        <${RowTable} rows=${machine.rows} caption=${`${t("rows")}: ${machine.name}`} />
      </details>
      ${traffic.elsewhere.length > 0 && html`<${Elsewhere} edges=${traffic.elsewhere} />`}
    </section>`;
}

function Chooser({ machines, chosen, onChoose }) {
  return html`
    <div class="cc-chooser" role="group" aria-label=${t("machines")}>
      ${machines.map((machine) => {
        const total = machine.opened + edgesOf(machine).reduce((sum, edge) => sum + edge.count, 0);
        const fresh = [...fired.value.keys()].some((key) => key.startsWith(`${machine.name} `));
        return html`
          <button key=${machine.name} type="button" aria-pressed=${String(machine.name === chosen)}
            data-fired=${fresh ? "true" : undefined} data-testid=${`audit_machine_${machine.name}`}
            onClick=${() => onChoose(machine.name)}>
            <b>${said(nameOf, machine.name)}</b>
            <small>${t("moves", { count: number(total), many: total })}</small>
          </button>`;
      })}
    </div>`;
}

function Elsewhere({ edges }) {
  return html`
    <details class="cc-alternative">
      <summary>${t("elsewhere")}</summary>
      <ul>${edges.map((edge) => html`
        <li><code>${edge.machine}: ${edge.from_state ?? "·"} → ${edge.to_state}, ${edge.event}</code>
          ${" "}${number(edge.count)}</li>`)}</ul>
    </details>`;
}
