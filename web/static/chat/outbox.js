/** Sends what the visitor wrote, in order, until the server has it: through reloads, lost connections and limits. */
const LONGEST = 15000;

export class Outbox {
  /**
   * @param {string} home the chat's base URL
   * @param {import("./store.js").Store} store
   * @param {{language: string, onState: (number: string, state: string, reason?: string | number) => void}} host
   */
  constructor(home, store, host) {
    this.home = home;
    this.store = store;
    this.host = host;
    this.files = [];
    this.failures = 0;
    this.busy = false;
    this.wake = () => {};
    addEventListener("online", () => { this.failures = 0; this.wake(); });
  }

  /** @param {{number: string, text?: string, title?: string, payload?: string}} item */
  send(item) {
    this.store.save({ queue: [...this.store.queue, item] });
    this.flush();
  }

  /** @param {string} number @param {File} file */
  sendFile(number, file) {
    this.files.push({ number, file });
    this.flush();
  }

  /** Works through the queue; a second call while it works changes nothing. */
  async flush() {
    if (this.busy) return;
    this.busy = true;
    while (this.store.queue.length || this.files.length) {
      const item = this.store.queue[0] || this.files[0];
      const pause = await this.attempt(item);
      if (pause) await this.rest(pause);
    }
    this.busy = false;
  }

  /** One try; milliseconds to wait before the next. */
  async attempt(item) {
    this.host.onState(item.number, "sending");
    try {
      if (!this.store.token) await this.arrive();
      const response = await (item.file ? this.postFile(item) : this.post("messages", JSON.stringify({ ...item, language: this.host.language })));
      return await this.settle(item, response);
    } catch (error) {
      if (error.retryAfter) {
        this.host.onState(item.number, "paused", Math.ceil(error.retryAfter / 1000));
        return error.retryAfter;
      }
      this.host.onState(item.number, "waiting");
      this.failures += 1;
      return Math.min(LONGEST, 500 * 2 ** this.failures) * (0.5 + Math.random() / 2);
    }
  }

  async settle(item, response) {
    if (response.ok) {
      this.failures = 0;
      this.done(item);
      this.host.onState(item.number, "sent");
      return 0;
    }
    if (response.status === 401) {
      this.store.save({ token: "" });
      this.failures += 1;
      return this.failures > 1 ? LONGEST : 0;
    }
    if (response.status === 429 || response.status >= 500) throw delay(response);
    const { error } = await response.json().catch(() => ({ error: "invalid" }));
    this.done(item);
    this.host.onState(item.number, "failed", error);
    return 0;
  }

  done(item) {
    if (item.file) this.files = this.files.filter((other) => other !== item);
    else this.store.save({ queue: this.store.queue.filter((other) => other.number !== item.number) });
  }

  /** Becomes a visitor, with the first message and not before. */
  async arrive() {
    const response = await fetch(this.home + "session", { method: "POST" });
    if (!response.ok) throw delay(response);
    this.store.save({ token: (await response.json()).token });
  }

  post(path, body) {
    const headers = { Authorization: `Bearer ${this.store.token}` };
    if (typeof body === "string") headers["Content-Type"] = "application/json";
    return fetch(this.home + path, { method: "POST", headers, body });
  }

  postFile({ number, file }) {
    const form = new FormData();
    form.append("number", number);
    form.append("language", this.host.language);
    form.append("file", file, file.name);
    return this.post("files", form);
  }

  /** A fresh link to a file of the visitor's; empty if there is none to be had. @param {string} message @param {number} index */
  async renew(message, index) {
    const headers = { Authorization: `Bearer ${this.store.token}` };
    const response = await fetch(`${this.home}links/${message}/${index}`, { headers }).catch(() => null);
    return response?.ok ? (await response.json()).reference : "";
  }

  rest(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => { clearTimeout(timer); resolve(); };
    });
  }
}

function delay(response) {
  const error = new Error(`status ${response.status}`);
  error.retryAfter = (Number(response.headers.get("Retry-After")) || 0) * 1000;
  return error;
}
