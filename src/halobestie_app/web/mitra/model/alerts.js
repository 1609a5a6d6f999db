// How a mitra notices: a soft sound, made here, and the browser's notifications. Knows no request's state.

import { signal } from "common/html.js";
import { remember, remembered } from "common/storage.js";
import { t } from "../texts.js";

const AGAIN = 6000; // ms; a card that still waits rings once more
const ICON = "/common/icon-192.png";
const OFFER = [[659.25, 0, 0.5], [987.77, 0.18, 0.9]]; // Hz, begins and fades at s
const MESSAGE = [[784, 0, 0.25]];

/** Calls for attention that end when what they are about does. */
export function createAlerts() {
  const sound = signal(remembered("mitra-sound") !== "off");
  const permission = signal("Notification" in window ? Notification.permission : "unsupported");
  const ringing = new Map();
  let audio = null;

  // ------------------------------------------------------------------------------------------------ sound

  /** Browsers let a page sound only after somebody has touched it. */
  function awake() {
    try {
      audio ??= new AudioContext();
      if (audio.state === "suspended") audio.resume().catch(() => {});
    } catch {
      // A device without sound.
    }
  }
  for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, awake, { passive: true });

  function play(tones) {
    if (!sound.peek() || audio?.state !== "running") return false;
    for (const [pitch, begins, fades] of tones) {
      const tone = new OscillatorNode(audio, { type: "sine", frequency: pitch });
      const loud = new GainNode(audio, { gain: 0 });
      const at = audio.currentTime + begins;
      loud.gain.setValueAtTime(0, at);
      loud.gain.linearRampToValueAtTime(0.22, at + 0.03);
      loud.gain.exponentialRampToValueAtTime(0.0001, at + fades);
      tone.connect(loud).connect(audio.destination);
      tone.start(at);
      tone.stop(at + fades);
    }
    return true;
  }

  function ring(id) {
    play(OFFER);
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([120, 80, 120]);
    clearTimeout(ringing.get(id));
    ringing.set(id, setTimeout(() => {
      ringing.set(id, null);
      play(OFFER);
    }, AGAIN));
  }

  // ------------------------------------------------------------------------------------------- notifications

  /** Ask once whether the browser may notify; whoever said no is not asked again. */
  async function askOnce() {
    if (permission.peek() !== "default" || remembered("mitra-asked") === "yes") return;
    remember("mitra-asked", "yes");
    await ask();
  }

  async function ask() {
    if (!("Notification" in window)) return;
    permission.value = await Notification.requestPermission();
  }

  async function show(tag, title, body, path) {
    if (!document.hidden || permission.peek() !== "granted") return;
    const { lang } = document.documentElement;
    const options = { tag, body, icon: ICON, badge: ICON, data: { path }, lang };
    try {
      const worker = await navigator.serviceWorker?.getRegistration("/mitra/");
      if (worker) {
        await worker.showNotification(title, options);
        return;
      }
      const made = new Notification(title, options);
      made.onclick = () => {
        window.focus();
        location.hash = `#${path}`;
      };
    } catch {
      // Sound and card are there all the same.
    }
  }

  async function hide(tag) {
    const worker = await navigator.serviceWorker?.getRegistration("/mitra/");
    for (const one of (await worker?.getNotifications({ tag })) ?? []) one.close();
  }

  return {
    sound, permission, askOnce, ask,
    /** @param {boolean} on remembered on this device */
    setSound(on) {
      sound.value = on;
      remember("mitra-sound", on ? null : "off");
      if (on) play(OFFER);
    },
    /** Whether somebody who does not look would notice. */
    heard: () => permission.peek() === "granted" || (sound.peek() && audio?.state === "running"),
    offer({ id, customer, duration_minutes: minutes }) {
      ring(id);
      show(id, t("notify_offer"), t("notify_offer_text", { name: customer.display_name, minutes }), "/");
    },
    extension({ id, session_id: chat, customer, duration_minutes: minutes }) {
      ring(id);
      const text = t("notify_extension_text", { name: customer.display_name, minutes });
      show(id, t("notify_extension"), text, `/chat/${chat}`);
    },
    message(chat, name) {
      play(MESSAGE);
      show(`chat-${chat}`, name, t("notify_message"), `/chat/${chat}`);
    },
    /** @param {string[]} ids of the cards that still wait: for others there is no more ringing */
    only(ids) {
      for (const [id, timer] of ringing) {
        if (ids.includes(id)) continue;
        clearTimeout(timer);
        ringing.delete(id);
        hide(id).catch(() => {});
      }
    },
  };
}
