// The pages of the control center, in the order of the navigation. A page is a file of this folder.

import { t } from "../texts.js";
import { AuditPage } from "./audit.js";
import { DashboardPage } from "./dashboard.js";

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
  { path: "audit", title: () => t("nav_audit"), icon: "audit", component: AuditPage, params: ["kind", "id"] },
];
