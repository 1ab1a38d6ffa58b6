/** Puts the chat on a page: as a button with a panel on any site, or filling our own page. */
import { Outbox } from "./outbox.js";
import { Panel } from "./panel.js";
import { Store } from "./store.js";
import { listen } from "./stream.js";
import { element, iconButton } from "./view.js";
import { languageOf, wordsOf } from "./words.js";

const BUBBLE = "M4 5h16v11H9l-5 4z";

/**
 * @param {any} config what the channel says of itself
 * @param {string} home base URL of its HTTP interface
 * @param {string} assets base URL of these files
 * @param {HTMLScriptElement} script `data-page` fills the page
 */
export async function start(config, home, assets, script) {
  const language = languageOf(document.documentElement.lang, config.languages);
  const filling = "page" in script.dataset;
  const chat = { ...config, home, language, filling, words: wordsOf(language) };
  const host = element(filling ? "main" : "div", { class: "switchboard-chat", lang: language });
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(await (await fetch(assets + "chat.css")).text());
  shadow.adoptedStyleSheets = [sheet];
  colour(host, config.accent);
  new Chat(chat, shadow);
  document.body.append(host);
}

class Chat {
  constructor(chat, shadow) {
    this.chat = chat;
    this.filling = chat.filling;
    this.unread = 0;
    this.latest = 0;
    this.store = new Store(chat.channel);
    this.contents = new Map();
    this.outbox = new Outbox(chat.home, this.store, {
      language: chat.language,
      onState: (number, state, reason) => this.sent(number, state, reason),
    });
    chat.renew = (message, index) => this.outbox.renew(message, index);
    this.panel = new Panel(chat, {
      onText: (text) => this.say({ text }),
      onPress: (button) => this.say({ text: button.title, title: button.title, payload: button.payload }),
      onFile: (file) => this.sendFile(file),
      onClose: () => this.close(),
      onAgain: (number) => this.again(number),
    });
    this.build(shadow);
    if (chat.greeting[chat.language]) {
      this.panel.show({ id: "greeting", author: "bot", name: "", text: chat.greeting[chat.language] });
    }
    for (const item of this.store.queue) this.pending(item);
    if (this.store.token) this.listen();
    this.outbox.flush();
    addEventListener("offline", () => this.panel.connection(false));
    addEventListener("online", () => this.panel.connection(true));
  }

  build(shadow) {
    const { words, client } = this.chat;
    this.badge = element("span", { class: "badge", hidden: true });
    this.launcher = iconButton(words.open(client), BUBBLE, { class: "launcher", onclick: () => this.toggle() });
    this.launcher.append(this.badge);
    this.news = element("p", { class: "hidden", role: "status" });
    shadow.append(this.panel.root, this.launcher, this.news);
    this.launcher.hidden = this.filling;
    this.panel.closer.hidden = this.filling;
    this.panel.root.classList.toggle("filling", this.filling);
    this.reveal(this.filling || this.store.open);
    if (!this.panel.root.hidden) requestAnimationFrame(() => this.panel.scroll());
  }

  toggle() {
    if (this.panel.root.hidden) this.open();
    else this.close();
  }

  reveal(open) {
    this.panel.root.hidden = !open;
    this.launcher.setAttribute("aria-expanded", String(!!open));
  }

  open() {
    this.reveal(true);
    this.store.save({ open: true });
    this.count(0);
    this.see();
    this.panel.focus();
  }

  close() {
    if (this.filling) return;
    this.reveal(false);
    this.store.save({ open: false });
    this.launcher.focus();
  }

  /** @param {{text: string, title?: string, payload?: string}} content */
  say(content) {
    const item = { number: number(), ...content };
    this.pending(item);
    this.outbox.send(item);
  }

  sendFile(file) {
    const item = { number: number(), file };
    this.contents.set(item.number, item);
    this.panel.showPending(item.number, { files: [{ name: file.name }] });
    this.outbox.sendFile(item.number, file);
  }

  pending(item) {
    this.contents.set(item.number, item);
    this.panel.showPending(item.number, { text: item.text || item.title });
    this.panel.mark(item.number, "waiting");
  }

  again(number) {
    const item = this.contents.get(number);
    if (!item) return;
    if (item.file) this.outbox.sendFile(number, item.file);
    else this.outbox.send(item);
  }

  sent(number, state, reason) {
    this.panel.mark(number, state, reason);
    if (state === "waiting") this.panel.connection(false);
    if (state !== "sent") return;
    this.contents.delete(number);
    this.panel.connection(true);
    if (this.panel.answering === "bot") this.panel.isTyping(this.chat.bot);
    this.listen();
  }

  listen() {
    if (this.listening) return;
    this.listening = true;
    this.panel.busy(true);
    listen(this.chat.home + "events", () => this.store.token, {
      onEvent: (type, data, id) => this.heard(type, data, Number(id)),
      onConnection: (up, seconds) => this.panel.connection(up, seconds),
      onStranger: () => {
        this.listening = false;
        this.store.save({ token: "", seen: 0 });
      },
      onClosed: () => this.panel.closed(),
    });
  }

  heard(type, data, position) {
    if (type === "ready") {
      this.ready = true;
      this.panel.busy(false);
      this.panel.scroll();
      this.see();
    } else if (type === "typing") {
      if (data.author !== "customer") this.panel.isTyping(data.name || (data.author === "bot" ? this.chat.bot : ""));
    } else {
      this.latest = position;
      if (this.panel.show(data) && this.panel.root.hidden && position > this.store.seen) this.count(this.unread + 1);
      if (this.ready) this.see();
    }
  }

  /** What came while the panel is open has been seen, and is not news after a reload. */
  see() {
    if (!this.panel.root.hidden && this.latest > this.store.seen) this.store.save({ seen: this.latest });
  }

  count(unread) {
    const { words, client } = this.chat;
    this.unread = unread;
    this.badge.hidden = !unread;
    this.badge.textContent = String(unread);
    const label = unread ? `${words.open(client)} · ${words.unread(unread)}` : words.open(client);
    this.launcher.setAttribute("aria-label", label);
    this.launcher.title = label;
    this.news.textContent = unread ? words.unread(unread) : "";
  }
}

/** A message's own number, made once: posting it again changes nothing. */
function number() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The client's colour, and black or white on it, whichever is easier to read (WCAG relative luminance). */
function colour(host, accent) {
  const hex = /^#[0-9a-f]{6}$/i.test(accent) ? accent : "#2456a6";
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  host.style.setProperty("--accent", hex);
  host.style.setProperty("--on-accent", luminance > 0.179 ? "#000" : "#fff");
}
