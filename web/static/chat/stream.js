/** Server-Sent Events by fetch, because EventSource cannot carry the visitor's token in a header. */
const LONGEST = 15000;

/**
 * Listens until the server says that it is over; after a break it goes on behind the last event it has seen.
 * @param {string} url
 * @param {() => string} token
 * @param {{onEvent: (type: string, data: any, id: string) => void, onConnection: (up: boolean, seconds?: number) => void, onStranger: () => void, onClosed: () => void}} host
 */
export async function listen(url, token, host) {
  let last = "";
  let failures = 0;
  for (;;) {
    const mine = token();
    try {
      const headers = { Authorization: `Bearer ${mine}`, Accept: "text/event-stream" };
      if (last) headers["Last-Event-ID"] = last;
      const response = await fetch(url, { headers, cache: "no-store" });
      if (response.status === 401) return host.onStranger();
      if ([403, 404].includes(response.status)) return host.onClosed();
      if (response.status === 429) {
        const seconds = Number(response.headers.get("Retry-After")) || 5;
        host.onConnection(false, seconds);
        await pause(seconds * 1000 * (1 + Math.random() / 4));
        continue;
      }
      if (!response.ok) throw new Error(`status ${response.status}`);
      host.onConnection(true);
      failures = 0;
      let over = "";
      await read(response.body, (event) => {
        if (event.id) last = event.id;
        if (event.type === "ended") over = JSON.parse(event.data).reason;
        else if (event.data) host.onEvent(event.type, JSON.parse(event.data), event.id);
      });
      if (over) return over === "closed" ? host.onClosed() : host.onStranger();
    } catch {
      host.onConnection(false);
      failures += 1;
    }
    if (token() !== mine) last = "";
    await pause(Math.min(LONGEST, 500 * 2 ** failures) * (0.5 + Math.random() / 2));
  }
}

/** @param {ReadableStream<Uint8Array>} body */
async function read(body, onEvent) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    // the server speaks every 20 s
    const timer = setTimeout(() => reader.cancel(), 60000);
    const { value, done } = await reader.read().finally(() => clearTimeout(timer));
    if (done) return;
    const blocks = (rest + value).replace(/\r\n?/g, "\n").split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) onEvent(parse(block));
  }
}

/** @param {string} block */
function parse(block) {
  const event = { type: "message", id: "", data: "" };
  for (const line of block.split("\n")) {
    const [, field, value] = /^([a-z]*):? ?(.*)$/.exec(line) || [];
    if (field === "event") event.type = value;
    else if (field === "id") event.id = value;
    else if (field === "data") event.data += value;
  }
  return event;
}

function pause(milliseconds) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    addEventListener("online", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
