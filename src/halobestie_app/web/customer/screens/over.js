// A chat that ended without this person's doing: by time, by the bestie, by the team.

import { html } from "common/html.js";
import { replace } from "common/router.js";
import { Button, Icon, Page } from "common/ui.js";
import { evening, leave } from "../model/app.js";
import { t } from "../texts.js";
import { Support } from "./parts.js";

export function Over() {
  const session = evening.session.value;
  const text = t(`over_${session.end_reason ?? "time_up"}`, { name: session.mitra.display_name });
  return html`<${Page} title=${t("over_title")} testid="over_screen" class="moment"
    bottom=${html`<${Button} testid="over_home_button" onClick=${() => {
      leave(session.id);
      replace("/");
    }}>${t("over_home")}<//>`}>
    <span class="empty-icon"><${Icon} name="heart" size=${32} /></span>
    <p class="lead">${text}</p>
    ${session.end_reason === "operator_ended" && html`<${Support} />`}
  <//>`;
}
