// Server-Sent Events with honest states: up, lost, signed out.
// @ts-check

/**
 * @param {string} url
 * @param {{ snapshot: () => void, changed: (fact: {client: string, conversation: string, seq: number}) => void,
 *           lost: () => void, up: () => void, signedOut: () => void }} hear
 */
export function listen(url, hear) {
  /** @type {EventSource} */
  let source;
  let retry = 0;
  const connect = () => {
    source = new EventSource(url);
    source.addEventListener("snapshot", () => { retry = 0; hear.up(); hear.snapshot(); });
    source.addEventListener("changed", (event) => hear.changed(JSON.parse(event.data)));
    source.addEventListener("signed-out", () => { source.close(); hear.signedOut(); });
    source.onerror = () => {
      hear.lost();
      // the browser retries by itself unless the answer was an error; then we do, less and less often
      if (source.readyState === EventSource.CLOSED) {
        retry = Math.min(retry + 1, 6);
        setTimeout(connect, 1000 * 2 ** retry * (0.75 + Math.random() / 2));
      }
    };
  };
  connect();
  addEventListener("online", () => { if (source.readyState === EventSource.CLOSED) connect(); });
  addEventListener("offline", hear.lost);
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
}
