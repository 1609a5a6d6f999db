// Finds what was recorded by an id of any kind, however it was pasted.

import { html, useSignal } from "common/html.js";
import { go } from "common/router.js";
import { Button, Field, Problem } from "common/ui.js";
import { api } from "../api.js";
import { t } from "./texts.js";

export const KINDS = ["payment", "pairing", "chat", "extension", "presence"];

const ID = /[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}/i;

export function Search() {
  const text = useSignal("");
  const said = useSignal(null);
  const problem = useSignal(null);
  const busy = useSignal(false);

  async function submit(event) {
    event.preventDefault();
    if (busy.value) return;
    problem.value = null;
    const id = ID.exec(text.value)?.[0];
    said.value = id ? null : t("search_no_id");
    if (!id) return;
    busy.value = true;
    try {
      const kind = await kindOf(id);
      if (kind) go(`/audit/${kind}/${id.toLowerCase()}`);
      else said.value = t("search_nothing");
    } catch (error) {
      problem.value = error;
    } finally {
      busy.value = false;
    }
  }

  return html`
    <search><form class="cc-search" onSubmit=${submit} novalidate>
      <${Field} label=${t("search")} hint=${t("search_hint")} name="id" type="search" autocomplete="off"
        spellcheck=${false} autocapitalize="none" value=${text.value} error=${said.value}
        onInput=${(event) => (text.value = event.currentTarget.value)} testid="audit_search_input" />
      <${Button} type="submit" kind="primary" busy=${busy.value} testid="audit_search_button">
        ${t("search_button")}
      <//>
    </form></search>
    ${problem.value && html`<${Problem} error=${problem.value} />`}`;
}

/** Ask each kind of log; ids are unique over all of them. */
async function kindOf(id) {
  const found = await Promise.all(KINDS.map(async (kind) => {
    try {
      await api.get(`/internal/audit/${kind}/${id}`, { query: { limit: 1 } });
      return kind;
    } catch (error) {
      if (error.status === 404) return null;
      throw error;
    }
  }));
  return found.find(Boolean) ?? null;
}
