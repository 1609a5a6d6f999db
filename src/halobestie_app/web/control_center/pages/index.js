// The pages of the control center, in the order of the navigation. A page is a file of this folder.

import { t } from "../texts.js";
import { AuditPage } from "./audit.js";
import { DashboardPage } from "./dashboard.js";
import { FailuresPage } from "./failures.js";
import { MitrasPage } from "./mitras.js";
import { PricingPage } from "./pricing.js";
import { QuarantinePage } from "./quarantine.js";
import { SessionsPage } from "./sessions.js";
import { SettingsPage } from "./settings.js";

/** The page of an address without one. */
export const HOME = "dashboard";

/**
 * @typedef {object} Page
 * @property {string} path first part of the address: #/<path>
 * @property {() => string} title in the language of the moment
 * @property {string} icon a name of icons.js
 * @property {Function} component given {params, query}
 * @property {string[]} [params] names of the address' further parts: #/audit/<kind>/<id>
 * @property {(board: object | null) => number} [waiting] what waits here, told from the dashboard's answer
 */

/** @type {Page[]} */
export const pages = [
  { path: "dashboard", title: () => t("nav_dashboard"), icon: "dashboard", component: DashboardPage },
  {
    path: "failures", title: () => t("nav_failures"), icon: "failures", component: FailuresPage, params: ["payment"],
    waiting: (board) => board?.open_failures?.count ?? 0,
  },
  { path: "sessions", title: () => t("nav_sessions"), icon: "sessions", component: SessionsPage },
  { path: "mitras", title: () => t("nav_mitras"), icon: "mitras", component: MitrasPage },
  { path: "pricing", title: () => t("nav_pricing"), icon: "pricing", component: PricingPage },
  { path: "settings", title: () => t("nav_settings"), icon: "settings", component: SettingsPage },
  {
    path: "quarantine", title: () => t("nav_quarantine"), icon: "quarantine", component: QuarantinePage,
    waiting: (board) => board?.quarantined_webhooks ?? 0,
  },
  { path: "audit", title: () => t("nav_audit"), icon: "audit", component: AuditPage, params: ["kind", "id"] },
];
