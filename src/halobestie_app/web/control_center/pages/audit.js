// The machines as they are used, and what was recorded of one aggregate.

import { html } from "common/html.js";
import { Page } from "common/ui.js";
import { t } from "../texts.js";

export function AuditPage() {
  return html`<${Page} title=${t("nav_audit")} />`;
}
