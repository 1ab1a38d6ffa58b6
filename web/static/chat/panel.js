/** The panel: header, messages, composer. It knows how things look, not how they are sent. */
import { drawChips, drawMessage, element, iconButton } from "./view.js";

const ICONS = {
  close: "M6 6l12 12M18 6L6 18",
  send: "M4 12l16-8-6 16-3-7z",
  attach: "M8 12.5l6.5-6.5a3 3 0 014.2 4.2L10 19a5 5 0 01-7-7l8-8",
};
const TYPING_MS = 6000;

export class Panel {
  /**
   * @param {any} chat {words, language, home, client, bot, filling}
   * @param {{onText: (text: string) => void, onPress: (button: any) => void, onFile: (file: File) => void, onClose: () => void, onAgain: (number: string) => void}} host
   */
  constructor(chat, host) {
    this.chat = chat;
    this.host = host;
    this.known = new Set();
    this.pending = new Map();
    this.build();
    this.answers("bot", "");
  }

  build() {
    const { words, client } = this.chat;
    this.who = element("p", { class: "answers" });
    this.closer = iconButton(words.close, ICONS.close, { class: "plain", onclick: () => this.host.onClose() });
    this.list = element("ol", { class: "list", role: "list" });
    this.typing = element("p", { class: "typing", hidden: true, "aria-live": "off" });
    this.log = element("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": words.log, tabindex: "0" }, this.list, this.typing);
    this.offline = element("p", { class: "offline", role: "status" });
    this.text = element("textarea", { rows: "1", maxlength: "4000", placeholder: words.write, "aria-label": words.write, oninput: () => this.grow(), onkeydown: (event) => this.key(event) });
    this.file = element("input", { type: "file", class: "hidden", tabindex: "-1", "aria-hidden": "true", onchange: () => this.pick() });
    const attach = iconButton(words.attach, ICONS.attach, { class: "plain", onclick: () => this.file.click() });
    const send = iconButton(words.send, ICONS.send, { type: "submit", class: "send" });
    this.form = element("form", { class: "composer", onsubmit: (event) => this.submit(event) }, this.file, attach, this.text, send);
    const head = element("header", {}, element("div", {}, element(this.chat.filling ? "h1" : "h2", { id: "title" }, client), this.who), this.closer);
    this.root = element("section", { class: "panel", "aria-labelledby": "title", onkeydown: (event) => event.key === "Escape" && this.host.onClose() }, head, this.log, this.offline, this.form);
  }

  /** Who answers now, by first name. */
  answers(author, name) {
    const { words, bot } = this.chat;
    this.answering = author;
    this.who.textContent = author === "agent" ? words.person(name) : words.bot(bot);
  }

  /** While the past is told, screen readers keep quiet. @param {boolean} busy */
  busy(busy) {
    this.log.setAttribute("aria-busy", String(busy));
  }

  /** A message of the feed; each once. Returns whether it is new and not the visitor's own. */
  show(message) {
    if (this.known.has(message.id)) return false;
    this.known.add(message.id);
    const item = drawMessage(message, this.chat);
    const waiting = message.number && this.pending.get(message.number);
    if (waiting) {
      this.pending.delete(message.number);
      waiting.replaceWith(item);
      return false;
    }
    this.append(item, message);
    if (message.author === "customer") return false;
    this.notTyping();
    if (message.author !== "system") this.answers(message.author, message.name);
    return true;
  }

  /** A message that is not sent yet. @param {string} number @param {any} content */
  showPending(number, content) {
    const message = { author: "customer", at: new Date().toISOString(), ...content };
    const item = drawMessage(message, this.chat);
    this.pending.set(number, item);
    this.append(item, message);
  }

  append(item, message) {
    const atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
    if (message.author === "customer") this.list.querySelectorAll(".chips").forEach((chips) => chips.remove());
    const chips = drawChips(message.buttons, this.chat.words, (button) => this.press(button));
    if (chips) item.append(chips);
    this.list.append(item);
    if (atEnd || message.author === "customer") this.scroll();
  }

  press(button) {
    this.host.onPress(button);
    this.toText();
  }

  /** @param {string} number @param {string} state sending, waiting, paused (reason: seconds), sent or failed */
  mark(number, state, reason) {
    const item = this.pending.get(number);
    if (!item) return;
    const { words } = this.chat;
    item.dataset.state = state;
    item.querySelector(".state")?.remove();
    if (state === "sent") return;
    const says = state === "failed" ? `${words.failed}. ${words.refused[reason] || words.refused.invalid}` : state === "paused" ? words.paused(reason) : words[state];
    const mark = element("span", { class: "state" }, says);
    if (state === "failed" && !words.refused[reason]) mark.append(" ", element("button", { type: "button", class: "again", onclick: () => this.host.onAgain(number) }, words.again));
    item.querySelector(".foot").append(mark);
  }

  /** Somebody is writing. @param {string} name */
  isTyping(name) {
    clearTimeout(this.timer);
    this.typing.textContent = this.chat.words.typing(name);
    this.typing.hidden = false;
    this.timer = setTimeout(() => this.notTyping(), TYPING_MS);
    this.scroll();
  }

  notTyping() {
    clearTimeout(this.timer);
    this.typing.hidden = true;
  }

  /** @param {boolean} up @param {number} [seconds] until the server lets us listen again, if it said so */
  connection(up, seconds = 0) {
    const { words } = this.chat;
    this.offline.textContent = up ? "" : seconds ? words.busy(seconds) : words.offline;
  }

  /** This chat is no more: nothing can be written, what was said can still be read. */
  closed() {
    this.busy(false);
    this.connection = () => {};
    this.offline.textContent = this.chat.words.closed;
    this.form.hidden = true;
  }

  focus() {
    this.toText();
    this.scroll();
  }

  toText() {
    this.text.focus({ preventScroll: true });
  }

  scroll() {
    this.log.scrollTop = this.log.scrollHeight;
  }

  grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, 120)}px`;
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.submit(event);
  }

  submit(event) {
    event.preventDefault();
    const text = whole(this.text.value).trim();
    if (!text) return;
    this.text.value = "";
    this.grow();
    this.host.onText(text);
    this.toText();
  }

  pick() {
    for (const file of this.file.files) this.host.onFile(file);
    this.file.value = "";
  }
}

/** Without what is no text: NUL, and halves of characters, which a length limit may leave behind. @param {string} text */
const whole = (text) => text.replace(/\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "");
