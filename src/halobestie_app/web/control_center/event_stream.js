// Server-sent events read from an answer's body: unlike EventSource, a fetch can carry the log-in's token.

/**
 * Give each event of a stream; comments (heartbeats) are given as event "beat" so that silence can be told.
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<{event: string, data: string, id: string | null}>}
 */
export async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      rest = (rest + value).replaceAll("\r\n", "\n");
      for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
        yield one(rest.slice(0, end));
        rest = rest.slice(end + 2);
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function one(block) {
  const event = { event: "beat", data: "", id: null };
  const data = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") event.event = value;
    else if (name === "data") data.push(value);
    else if (name === "id") event.id = value;
  }
  event.data = data.join("\n");
  return event;
}
