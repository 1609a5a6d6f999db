// A chat that is over, to read again.

import { ChatView, createChatLog } from "common/chat.js";
import { html, useEffect, useState } from "common/html.js";
import { back, route } from "common/router.js";
import { Icon, Page, Problem, Skeleton } from "common/ui.js";
import { api, socket } from "../model/app.js";
import { useFetched } from "../model/fetching.js";
import { t } from "../texts.js";

export function Past() {
  const id = route.value.parts[1] ?? "";
  const info = (signal) => api.get(`/api/shared/chat/${id}/info`, { signal });
  const { data, error, again } = useFetched(info, [id]);
  const [log, setLog] = useState(null);
  useEffect(() => {
    if (data?.status !== "ended") return undefined;
    const made = createChatLog({ api, socket, sessionId: id, me: "customer" });
    made.start();
    setLog(made);
    return made.stop;
  }, [data]);
  if (log && data) {
    const leave = html`<button type="button" class="icon-button" aria-label=${t("back")}
      data-testid="back_button" onClick=${() => back("/history")}><${Icon} name="back" /></button>`;
    return html`<main class="chat-screen" data-testid="past_screen">
      <${ChatView} session=${data} log=${log} me="customer" peerName=${data.mitra.display_name}
        back=${leave} /></main>`;
  }
  return html`<${Page} title=${t("history_title")} back=${() => back("/history")} testid="past_screen">
    ${error ? html`<${Problem} error=${error} retry=${again} />` : html`<${Skeleton} lines=${5} />`}
  <//>`;
}
