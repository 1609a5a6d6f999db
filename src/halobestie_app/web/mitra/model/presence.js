// Whether this mitra takes requests: the switch, and the heartbeats that keep it on. Knows no request.

/** Of the server's cadence: a heartbeat that is exactly in time would be late by its way to the server. */
const EAGER = 0.9;
const AGAIN = 3000; // ms after one that did not arrive
const PING = 20_000; // ms; a hidden page's own timers may be too slow to keep its socket

/**
 * @param {{api: object, desk: object, socket: object, takenOffline: {value: string|null}}} given
 */
export function createPresence({ api, desk, socket, takenOffline }) {
  let next = 0;
  let beating = false;
  let turns = 0; // counts what was done with the switch: an answer to what was asked before is old
  let pinged = 0;
  const tabs = new BroadcastChannel("hb-mitra-presence"); // one mitra, one switch in every tab

  function take(status) {
    desk.status.value = status;
    next = Date.now() + status.heartbeat_cadence_seconds * 1000 * EAGER;
  }

  /** @param {boolean} online Throws ApiError. */
  async function turn(online) {
    turns += 1;
    const status = await api.put("/api/mitra/status", { is_online: online });
    turned(status);
    tabs.postMessage({ mitra: api.user.peek()?.id, status });
  }

  function turned(status) {
    turns += 1;
    take(status);
    takenOffline.value = null;
  }

  tabs.onmessage = ({ data }) => {
    if (data.mitra === api.user.peek()?.id && desk.ready.peek()) turned(data.status);
  };

  /** Ask how one stands; a failure leaves things as they are. */
  async function ask() {
    const before = turns;
    try {
      const status = await api.get("/api/mitra/status");
      if (turns === before) take(status);
    } catch {
      next = Date.now() + AGAIN;
    }
  }

  async function beat() {
    if (beating) return;
    beating = true;
    const before = turns;
    try {
      const status = await api.post("/api/mitra/heartbeat");
      if (turns === before) take(status);
    } catch (error) {
      next = Date.now() + AGAIN;
      if (error.code === "MITRA_OFFLINE" && turns === before) {
        if (desk.status.peek()?.is_online) takenOffline.value = "unknown";
        await ask();
      }
    } finally {
      beating = false;
    }
  }

  function tick() {
    if (!api.user.peek()) return;
    const now = Date.now();
    if (document.hidden && now - pinged > PING) {
      pinged = now;
      if (!socket.send({ type: "ping" }) && socket.state.peek() === "waiting") socket.reconnectNow();
    }
    const status = desk.status.peek();
    if (!status?.is_online) return;
    const late = next - now > status.heartbeat_cadence_seconds * 1000; // the cadence has become shorter
    if (late || now >= next) beat();
  }

  function begin() {
    try {
      const worker = new Worker("/mitra/metronome.js");
      worker.onmessage = tick;
      worker.onerror = () => setInterval(tick, 1000);
    } catch {
      setInterval(tick, 1000);
    }
    addEventListener("online", tick);
  }

  return { turn, ask, begin };
}
