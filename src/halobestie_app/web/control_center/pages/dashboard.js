// Everything at a glance, as it changes.

import { html } from "common/html.js";
import { Page } from "common/ui.js";
import { t } from "../texts.js";

export function DashboardPage() {
  return html`<${Page} title=${t("nav_dashboard")} />`;
}
