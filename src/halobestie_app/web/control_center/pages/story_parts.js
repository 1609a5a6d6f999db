// The parts of a payment's story below its money: searches, conversations, the gateway's word, the ledger,
// every step.
import { html } from "common/html.js";
import { rupiah } from "common/texts.js";
import { t } from "./story_texts.js";
import { Pill } from "./parts/seen.js";
import { actor, cause, machine, said, state } from "./parts/words.js";
import { when } from "./parts/zone.js";

function Card({ title, rows, none, children }) {
  return html`<section class="card">
    <h2>${title}</h2>
    ${rows.length === 0 ? html`<p>${none ?? t("nothing")}</p>` : html`<ul class="work-list">${children}</ul>`}
  </section>`;
}

/** Requests, and what mitras said to them. */
export function Searches({ rows }) {
  return html`<${Card} title=${t("requests")} rows=${rows} none=${t("no_requests")}>
    ${rows.map(
      (row) => html`<li key=${row.id}>
        <p>
          <strong>
            ${
              row.kind === "returning"
                ? t("returning", { name: row.targeted_mitra?.display_name ?? "" })
                : t("general")
            }
          </strong>
          <${Pill} tone=${row.status === "accepted" ? "good" : "quiet"}>${said(state, row.status)}<//>
          ${row.cause_tag && html`<small>${said(cause, row.cause_tag)}</small>`}
        </p>
        <small>
          ${when(row.created_at)} ·${" "}
          ${t("offered", { offered: row.offered, waves: row.waves, answered: row.answered })}
        </small>
        ${
          row.answers.length > 0 &&
          html`<ul class="work-answers">
          ${row.answers.map(
            (one) => html`<li key=${one.mitra.id + one.at}>
              ${one.mitra.display_name}: ${said(state, one.answer)} <small>${when(one.at)}</small>
            </li>`,
          )}
        </ul>`
        }
      </li>`,
    )}
  <//>`;
}

/** The chat that was paid for, and its extensions. */
export function Chats({ session, extensions }) {
  const rows = [...(session ? [session] : []), ...extensions];
  return html`<${Card} title=${t("chat")} rows=${rows}>
    ${
      session &&
      html`<li>
      <p>
        <strong>${t("chat_with", { name: session.mitra.display_name })}</strong>
        <${Pill} tone=${session.status === "ended" ? "quiet" : "good"}>${said(state, session.status)}<//>
      </p>
      <small>
        ${t("chat_span", {
          from: when(session.started_at),
          to: when(session.ended_at ?? session.expires_at),
        })}
        ${session.end_reason && html` · ${t(`end_${session.end_reason}`)}`} ·
        ${t("chat_messages", { n: session.messages })}
      </small>
    </li>`
    }
    ${extensions.map(
      (one) => html`<li key=${one.id}>
        <p>
          <strong>
            ${t("extensions")}: ${t("minutes", { n: one.duration_minutes })}, ${rupiah(one.price)}
          </strong>
          <${Pill} tone=${one.status === "accepted" ? "good" : "quiet"}>${said(state, one.status)}<//>
          ${one.cause_tag && html`<small>${said(cause, one.cause_tag)}</small>`}
        </p>
        <small>${when(one.requested_at)}${one.via_timeout && html` · ${t("by_itself")}`}</small>
      </li>`,
    )}
  <//>`;
}

/** What the gateway has and said: invoices, money, words. */
export function Gateway({ invoices, captures, webhooks }) {
  const rows = [...invoices, ...captures, ...webhooks];
  return html`<${Card} title=${t("gateway")} rows=${rows}>
    ${invoices.map(
      (one) => html`<li key=${`invoice-${one.invoice_id}`}>
        <p>
          ${t("invoice", { id: one.invoice_id, status: one.status })} · ${rupiah(one.amount)}
          ${
            one.url &&
            html` · <a href=${one.url} target="_blank" rel="noopener noreferrer">${t("invoice_open")}</a>`
          }
        </p>
        <small>${when(one.created_at)}</small>
      </li>`,
    )}
    ${captures.map(
      (one) => html`<li key=${one.id}>
        <p><strong>${t("capture", { amount: sum(one) })}</strong></p>
        <small>${when(one.paid_at)} · ${one.invoice_id}</small>
      </li>`,
    )}
    ${webhooks.map(
      (one) => html`<li key=${one.id}>
        <p>
          ${t("webhook", { status: one.status ?? "?" })}
          ${
            one.quarantine_reason &&
            html`<${Pill} tone=${one.resolved_at ? "quiet" : "bad"}>
            ${t("webhook_quarantined", { reason: one.quarantine_reason })}
          <//>`
          }
        </p>
        <small>${when(one.received_at)}</small>
      </li>`,
    )}
  <//>`;
}

function sum({ amount, currency }) {
  return currency === "IDR" ? rupiah(amount) : `${amount} ${currency}`;
}

/** The lines of the ledger. */
export function Ledger({ rows }) {
  return html`<${Card} title=${t("ledger")} rows=${rows}>
    ${rows.map(
      (one) => html`<li key=${one.id} class="work-line">
        <span>${said(t, `ledger_${one.kind}`)}<small>${when(one.at)}</small></span>
        <span class="work-number">${rupiah(one.amount)}</span>
      </li>`,
    )}
  <//>`;
}

/** Every recorded step, the oldest first. */
export function Timeline({ id, rows, moves }) {
  return html`<section class="card work-wide">
    <h2>${t("timeline")}</h2>
    <p><a href=${`#/audit/payment/${id}`} data-testid="story_audit_link">${t("audit")}</a></p>
    <ol class="work-timeline" data-testid="story_timeline">
      ${rows.map(
        (row, place) => html`<li key=${place}>
          <time datetime=${row.at}>${when(row.at, { seconds: true })}</time>
          <span>
            <strong>${said(machine, row.machine)}</strong>${" "}
            ${row.from_state && html`${said(state, row.from_state)} <span aria-hidden="true">→</span> `}
            ${said(state, row.to_state)}
            ${row.cause_tag && html`<small>${said(cause, row.cause_tag)}</small>`}
          </span>
          <small>
            ${said(actor, row.actor.type)}${row.actor.display_name && `: ${row.actor.display_name}`}
          </small>
        </li>`,
      )}
    </ol>
    ${rows.length < moves && html`<p>${t("timeline_cut", { shown: rows.length, all: moves })}</p>`}
  </section>`;
}
