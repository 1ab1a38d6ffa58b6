// Server-Sent Events with honest states: up, lost, ended for a reason.
// @ts-check
import { statusOf } from "./http.js";

/** Why an answer with such a status is the last one. */
export const REFUSED = { 401: "signed_out", 403: "rights_changed", 404: "revoked", 410: "revoked" };

/** How long the stream may take to say why, once another call was refused. */
export const REASON_MS = 6000;

/**
 * Listens until the server says that it is over; then never again.
 * @param {string} url
 * @param {{ snapshot: () => void, changed: (fact: {client: string, conversation: string, seq: number}) => void,
 *           lost: () => void, up: () => void, ended: (reason: string) => void }} hear
 */
export function listen(url, hear) {
  /** @type {EventSource} */
  let source;
  let retry = 0, over = false;

  /** @param {string} reason */
  const end = (reason) => {
    over = true;
    source.close();
    hear.ended(reason);
  };
  const connect = () => {
    if (over) return;
    source?.close();
    source = new EventSource(url);
    source.addEventListener("snapshot", () => { retry = 0; hear.up(); hear.snapshot(); });
    source.addEventListener("changed", (event) => hear.changed(JSON.parse(event.data)));
    source.addEventListener("ended", (event) => end(JSON.parse(event.data).reason));
    source.onerror = async () => {
      hear.lost();
      // the browser retries by itself unless the answer was an error: then we ask which, and retry less and less often
      if (source.readyState !== EventSource.CLOSED) return;
      const refused = REFUSED[/** @type {401} */ (await statusOf(url))];
      if (over) return;
      if (refused) { end(refused); return; }
      retry = Math.min(retry + 1, 6);
      setTimeout(connect, 1000 * 2 ** retry * (0.75 + Math.random() / 2));
    };
  };
  connect();
  addEventListener("online", () => { if (source.readyState === EventSource.CLOSED) connect(); });
  addEventListener("offline", () => { if (!over) hear.lost(); });
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
}
