// The machines as they are used; and what was recorded of one aggregate, decided anew.

import { html } from "common/html.js";
import { Page } from "common/ui.js";
import { Machines } from "../audit/machines.js";
import { Search } from "../audit/search.js";
import { t } from "../audit/texts.js";
import { Timeline } from "../audit/timeline.js";

/** @param {{params: {kind?: string, id?: string}, query: URLSearchParams}} props */
export function AuditPage({ params, query }) {
  if (params.kind && params.id) {
    return html`<${Timeline} key=${`${params.kind} ${params.id}`} kind=${params.kind} id=${params.id} />`;
  }
  return html`
    <${Page} title=${t("title")} wide testid="audit_page">
      <p class="cc-lead">${t("lead")}</p>
      <${Search} />
      <${Machines} wanted=${query.get("machine")} />
    <//>`;
}
