/** What survives a reload: the visitor's token, unsent texts, and how far they have read. Nothing is kept before the first message. */
export class Store {
  /** @param {string} channel */
  constructor(channel) {
    this.key = `switchboard:chat:${channel}`;
    this.state = { token: "", queue: [], open: false, seen: 0 };
    try {
      Object.assign(this.state, JSON.parse(localStorage.getItem(this.key) || "{}"));
    } catch {
      // a browser that keeps nothing: the chat then lives as long as the page
    }
  }

  get token() { return this.state.token; }
  get queue() { return this.state.queue; }
  get open() { return this.state.open; }
  get seen() { return this.state.seen; }

  /** @param {Partial<{token: string, queue: object[], open: boolean, seen: number}>} change */
  save(change) {
    Object.assign(this.state, change);
    if (!this.state.token && !this.state.queue.length) return;
    try {
      localStorage.setItem(this.key, JSON.stringify(this.state));
    } catch {
      // as above
    }
  }
}
