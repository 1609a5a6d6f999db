// What was typed into a form and not saved: kept in this tab while one looks at other pages, for whoever
// typed it. Knows no form.
import { effect, signal, useEffect, useLayoutEffect } from "common/html.js";
import { toast } from "common/ui.js";
import { api } from "../../api.js";
import { work } from "./words.js";

const NOTHING = Object.freeze({});

const kept = signal(NOTHING); // form -> what it holds
const boxes = new Map(); // form -> what else it keeps, without being drawn by it
const unsaved = signal([]); // forms that hold something else than what is stored
let owner = null;

effect(() => { // somebody else at this screen begins with nothing
  const email = api.user.value?.email;
  if (!email || email === owner) return;
  owner = email;
  kept.value = NOTHING;
  boxes.clear();
  unsaved.value = [];
});

effect(() => {
  if (unsaved.value.length === 0) return undefined;
  const ask = (event) => event.preventDefault();
  addEventListener("beforeunload", ask);
  return () => removeEventListener("beforeunload", ask);
});

/**
 * As `useState({})`, but what it holds is there again when one comes back.
 *
 * @param {string} form whose it is, by a name of its own
 */
export function useKept(form) {
  const set = (next) => {
    const now = typeof next === "function" ? next(kept.peek()[form] ?? NOTHING) : next;
    kept.value = { ...kept.peek(), [form]: now };
  };
  return [kept.value[form] ?? NOTHING, set];
}

/**
 * As `useRef(null)`, and there again as well.
 *
 * @param {string} form
 */
export function useKeptRef(form) {
  if (!boxes.has(form)) boxes.set(form, { current: null });
  return boxes.get(form);
}

/**
 * Ask before the tab is closed while a form holds something that is not saved.
 *
 * @param {string} form
 * @param {boolean} changed whether it does
 */
export function useGuard(form, changed) {
  useLayoutEffect(() => { // at once: whoever types may be gone before the next picture
    const others = unsaved.peek().filter((one) => one !== form);
    unsaved.value = changed ? [...others, form] : others;
  }, [form, changed]);
}

/**
 * Say to whoever goes to another page that what they typed is not saved, and where it is.
 *
 * @param {string} start what the names of the page's forms begin with
 * @param {() => string} title the page's
 */
export function useFarewell(start, title) {
  useEffect(() => () => {
    if (api.user.peek() && unsaved.peek().some((form) => form.startsWith(start))) {
      toast(work("kept", { page: title() }), "warning");
    }
  }, [start]);
}
