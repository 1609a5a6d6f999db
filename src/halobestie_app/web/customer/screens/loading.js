// Before anything is known: a quiet place of the same shape, and a way on when nobody answers.

import { html } from "common/html.js";
import { Page, Problem, Skeleton } from "common/ui.js";
import { api, evening } from "../model/app.js";
import { t } from "../texts.js";

export function Loading() {
  const problem = api.user.value === undefined ? api.trouble.value : evening.trouble.value;
  const again = () => (api.user.value === undefined ? api.retryNow() : evening.refresh());
  return html`<${Page} title=${t("app_name")} testid="loading_screen">
    ${problem && html`<${Problem} error=${problem} retry=${again} />`}
    <p class="soft">${t("loading_evening")}</p>
    <${Skeleton} shape="card" lines=${2} />
  <//>`;
}
