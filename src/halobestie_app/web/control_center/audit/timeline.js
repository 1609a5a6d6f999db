// What was recorded of one aggregate, move by move, and whether deciding it anew gives the same.

import { html, useEffect, useSignal } from "common/html.js";
import { poll } from "common/polling.js";
import { back } from "common/router.js";
import { number } from "common/texts.js";
import { Button, Empty, Page, Problem, Skeleton } from "common/ui.js";
import { api } from "../api.js";
import { Icon } from "../icons.js";
import { Id } from "../pages/parts/seen.js";
import { machine as nameOf, said } from "../pages/parts/words.js";
import { Diagram } from "./diagram.js";
import { edgesTaken } from "./edges.js";
import { Moves } from "./moves.js";
import { Related } from "./related.js";
import { EdgeDetails } from "./rows.js";
import { t } from "./texts.js";
import { look as lookAtTables, traffic } from "./traffic.js";

const EVERY = 4000;
const PAGE = 100;

/** @param {{kind: string, id: string}} props */
export function Timeline({ kind, id }) {
  const log = useSignal(null);
  const problem = useSignal(null);
  const wanted = useSignal(PAGE);

  async function look(ending) {
    try {
      log.value = await read(kind, id, wanted.value, ending);
      problem.value = null;
    } catch (error) {
      if (ending?.aborted) return;
      problem.value = error;
      throw error;
    }
  }

  useEffect(() => {
    if (!traffic.peek()) lookAtTables().catch(() => {});
    return poll(look, { every: EVERY }).stop;
  }, []);

  const more = () => {
    wanted.value += PAGE;
    return look();
  };
  const title = `${said(nameOf, kind)} …${id.slice(-8)}`;
  return html`
    <${Page} title=${title} back=${() => back("/audit")} wide testid="audit_timeline">
      <p class="cc-lead"><a href=${`#/audit?machine=${kind}`}>${t("back")}</a> · <${Id} id=${id} /></p>
      ${problem.value?.status === 404
        ? html`<${Empty} title=${t("not_found")} text=${t("not_found_text", { kind: said(nameOf, kind) })} />`
        : problem.value && html`<${Problem} error=${problem.value} retry=${() => look().catch(() => {})} />`}
      ${log.value
        ? html`<${Story} log=${log.value} more=${log.value.next && more} />`
        : !problem.value && html`<div class="cc-card cc-machines-waiting"><${Skeleton} lines=${8} /></div>`}
    <//>`;
}

/** Read the first so many moves. */
async function read(kind, id, wanted, signal) {
  const rows = [];
  let page = null;
  do {
    const query = { limit: PAGE, cursor: page?.next };
    page = await api.get(`/internal/audit/${kind}/${id}`, { query, signal });
    rows.push(...page.rows);
  } while (page.next && rows.length < wanted);
  return { ...page, rows };
}

function Story({ log, more }) {
  return html`
    <${Verdict} found=${log.verification} />
    <${Way} log=${log} />
    <div class="cc-story">
      <section class="cc-card" aria-labelledby="moves-title">
        <h2 id="moves-title">${t("timeline")}</h2>
        <${Moves} log=${log} />
        ${more && html`<${Button} kind="quiet" onClick=${more} testid="audit_more_button">${t("more")}<//>`}
      </section>
      <${Related} log=${log} />
    </div>`;
}

function Verdict({ found }) {
  const holds = found.verdict === "verified";
  const text = holds && found.checked === 0 ? t("verified_none")
    : holds ? t("verified_text", { count: number(found.checked) }) : t("broken_text");
  return html`
    <section class="cc-verdict" data-verdict=${found.verdict} role=${holds ? "status" : "alert"}
      data-testid="audit_verdict">
      <${Icon} name=${holds ? "verified" : "broken"} />
      <div>
        <h2>${holds ? t("verified") : t("broken")}</h2>
        <p>${text}${" "}
          ${found.other_versions > 0 && t("other_versions", { count: number(found.other_versions) })}</p>
        ${found.first_difference && html`
          <p class="cc-difference"><b>${t("first_difference")}:</b>${" "}
            <code data-testid="audit_first_difference">${found.first_difference}</code></p>`}
      </div>
    </section>`;
}

/** The machine's picture with the edges that this aggregate took. */
function Way({ log }) {
  const pinned = useSignal(null);
  const pointed = useSignal(null);
  const machine = traffic.value?.machines.find((one) => one.name === log.aggregate);
  if (!machine || log.rows.length === 0) return null;
  const edges = edgesTaken(machine, log.rows);
  const key = pointed.value ?? pinned.value;
  const edge = edges.find((one) => one.key === key) ?? null;
  const show = (which, toPin) => {
    if (toPin) pinned.value = pinned.value === which ? null : which;
    else pointed.value = which;
  };
  return html`
    <details class="cc-card cc-way" open>
      <summary><h2>${t("path")}</h2></summary>
      <${Diagram} machine=${{ ...machine, opened: 1 }} edges=${edges} here=${log.rows.at(-1).to_state}
        shown=${key} onShow=${show} />
      ${edge && html`<${EdgeDetails} machine=${machine} edge=${edge} />`}
    </details>`;
}
