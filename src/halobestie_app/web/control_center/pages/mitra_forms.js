// The dialogs around one mitra: registering, renaming, and blocking with what will happen said before.
import { html, useState } from "common/html.js";
import { phoneNumber } from "common/phone.js";
import { Field, Notice, toast } from "common/ui.js";
import { api } from "../api.js";
import { t } from "./mitras_texts.js";
import { Doing } from "./parts/doing.js";
import { work } from "./parts/words.js";

const MITRAS = "/internal/mitras";

/** @param {{onClose: () => void, onDone: () => void}} props */
export function Register({ onClose, onDone }) {
  const [phone, setPhone] = useState("");
  const [name, setName] = useState("");
  const [errors, setErrors] = useState({});
  const send = async () => {
    const blank = {
      phone: phone.trim() ? "" : work("required"),
      display_name: name.trim() ? "" : work("required"),
    };
    setErrors(blank);
    if (blank.phone || blank.display_name) return;
    try {
      const body = { phone: phoneNumber(phone) ?? phone.trim(), display_name: name.trim() };
      const row = await api.post(MITRAS, body, { key: true });
      toast(t("registered", { name: row.display_name }), "good");
      onDone();
      onClose();
    } catch (error) {
      const wrong = perField(error);
      setErrors(wrong);
      if (!wrong.phone && !wrong.display_name) throw error;
    }
  };
  const explain = (error) =>
    error.code === "INVALID_STATE" && error.body.mitra
      ? t("phone_taken", { name: error.body.mitra.display_name })
      : undefined;

  return html`<${Doing}
    open
    title=${t("register_title")}
    submit=${t("register")}
    testid="mitra_register"
    onSubmit=${send}
    onClose=${onClose}
    explain=${explain}
  >
    <p>${t("register_text")}</p>
    <${Field}
      label=${t("phone")}
      hint=${t("phone_hint")}
      error=${errors.phone}
      type="tel"
      autocomplete="off"
      maxlength="32"
      value=${phone}
      onInput=${(event) => setPhone(event.currentTarget.value)}
      testid="mitra_phone_input"
    />
    <${Name} name=${name} error=${errors.display_name} onName=${setName} />
  <//>`;
}

/** @param {{row: object, onClose: () => void, onDone: (row) => void}} props */
export function Rename({ row, onClose, onDone }) {
  const [name, setName] = useState(row.display_name);
  const [errors, setErrors] = useState({});
  const send = async () => {
    try {
      const changed = await api.patch(`${MITRAS}/${row.id}`, { display_name: name.trim() });
      toast(t("renamed", { name: changed.display_name }), "good");
      onDone(changed);
      onClose();
    } catch (error) {
      const wrong = perField(error);
      setErrors(wrong);
      if (!wrong.display_name) throw error;
    }
  };
  return html`<${Doing}
    open
    title=${t("rename_title", { name: row.display_name })}
    submit=${work("save")}
    disabled=${name.trim() === "" || name.trim() === row.display_name}
    testid="mitra_rename"
    onSubmit=${send}
    onClose=${onClose}
  >
    <${Name} name=${name} error=${errors.display_name} onName=${setName} />
  <//>`;
}

/** @param {{row: object, onClose: () => void, onDone: (row) => void}} props blocks, or lets in again. */
export function Block({ row, onClose, onDone }) {
  const way = row.blocked ? "unblock" : "block";
  const send = async () => {
    const changed = await api.patch(`${MITRAS}/${row.id}`, { blocked: !row.blocked });
    toast(t(`${way}_done`, { name: changed.display_name }), "good");
    onDone(changed);
    onClose();
  };
  return html`<${Doing}
    open
    title=${t(`${way}_title`, { name: row.display_name })}
    submit=${t(way)}
    kind=${row.blocked ? "primary" : "danger"}
    testid=${`mitra_${way}`}
    onSubmit=${send}
    onClose=${onClose}
  >
    <p>${t(`${way}_text`)}</p>
    ${
      !row.blocked &&
      html`<ul>
        <li>${t("block_out")}</li>
        <li>${t("block_offers")}</li>
        ${row.live_chats === 0 && html`<li>${t("block_chats", { n: 0 })}</li>`}
      </ul>
      ${row.live_chats > 0 && html`<${Notice} kind="warning">${t("block_chats", { n: row.live_chats })}<//>`}`
    }
  <//>`;
}

function Name({ name, error, onName }) {
  return html`<${Field}
    label=${t("name")}
    hint=${t("name_hint")}
    error=${error}
    autocomplete="off"
    maxlength="40"
    value=${name}
    onInput=${(event) => onName(event.currentTarget.value)}
    testid="mitra_name_input"
  />`;
}

function perField(error) {
  if (error.code !== "VALIDATION_ERROR") return {};
  const paths = (error.body?.errors ?? []).map((one) => one.path);
  return {
    phone: paths.includes("$.phone") ? t("phone_wrong") : "",
    display_name: paths.includes("$.display_name") ? t("name_wrong") : "",
  };
}
