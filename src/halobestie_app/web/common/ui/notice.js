// What is said in place of, or above, a screen's content: notices, failures, nothing there, not there yet.

import { html } from "common/html.js";
import { common, problemText } from "common/texts.js";
import { Button } from "common/ui/button.js";
import { Icon } from "common/ui/icon.js";

const ICONS = { info: "info", good: "check", warning: "clock", bad: "warning" };

/**
 * @param {{kind?: "info"|"good"|"warning"|"bad", title?: unknown, live?: boolean, testid?: string,
 *   action?: unknown, children?: unknown}} props `live`: it appears by itself, and is read out
 */
export function Notice({ kind = "info", title, live = false, testid, action, children, ...rest }) {
  const role = live ? (kind === "bad" ? "alert" : "status") : undefined;
  return html`<div ...${rest} class=${`notice ${kind} ${rest.class ?? ""}`} role=${rest.role ?? role}
    data-testid=${testid}>
    <${Icon} name=${ICONS[kind]} />
    <div class="notice-body">${title && html`<strong>${title}</strong>`}<div>${children}</div>${action}</div>
  </div>`;
}

/**
 * A failure in warm words, with a way to try again.
 *
 * @param {{error: Error|null, retry?: () => unknown, testid?: string}} props
 */
export function Problem({ error, retry, testid = "problem", ...rest }) {
  if (!error) return null;
  const again = retry && html`<${Button} kind="quiet" testid=${`${testid}_retry_button`} onClick=${retry}>
    ${common("retry")}<//>`;
  return html`<${Notice} ...${rest} kind="bad" live testid=${testid} title=${common("problem_title")}
    action=${again}>
    ${problemText(error)}
  <//>`;
}

/**
 * Nothing is there, which is no failure.
 *
 * @param {{title: unknown, text?: unknown, action?: unknown, icon?: string, testid?: string}} props
 */
export function Empty({ title, text, action, icon = "chat", testid, ...rest }) {
  return html`<div ...${rest} class="empty" data-testid=${testid}>
    <span class="empty-icon"><${Icon} name=${icon} size=${32} /></span>
    <h2>${title}</h2>
    ${text && html`<p class="soft">${text}</p>`}
    ${action}
  </div>`;
}

/**
 * The place of what is being loaded, in the same size.
 *
 * @param {{lines?: number, shape?: "text"|"card"|"row", testid?: string}} props
 */
export function Skeleton({ lines = 3, shape = "text", testid, ...rest }) {
  return html`<div ...${rest} class=${`skeleton ${shape}`} data-testid=${testid}
    role="status" aria-busy="true">
    <span class="unseen">${common("loading")}</span>
    ${Array.from({ length: lines }, (_, index) =>
      html`<span class="bone" key=${index} aria-hidden="true"></span>`)}
  </div>`;
}
