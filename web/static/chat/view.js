/** Draws messages. Texts are only ever set as text, so nothing anybody writes becomes markup. */
const FRESH = 25 * 60000;
const LINK = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]]/g;

/** @param {string} tag @param {Record<string, any>} [attributes] @param {...(Node|string)} children */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** @param {string} path the `d` of a 24 × 24 icon */
function icon(path) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** A button with an icon, called `label`. @param {string} label @param {string} path @param {Record<string, any>} more */
export function iconButton(label, path, more) {
  return element("button", { type: "button", "aria-label": label, title: label, ...more }, icon(path));
}

/** The text with its web addresses as links. @param {string} text */
function linked(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    parts.push(text.slice(from, found.index), anchor(found[0], found[0]));
    from = found.index + found[0].length;
  }
  return [...parts, text.slice(from)];
}

const anchor = (href, ...words) => element("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...words);

/** Only addresses that cannot run anything. @param {string} url */
const harmless = (url) => /^(https?:|mailto:|tel:)/i.test(url);

/**
 * One message as a list item.
 * @param {any} message as the server tells it, or `{author: "customer", text, at}` for one not sent yet
 * @param {{words: any, language: string, home: string, client: string, renew: (message: string, index: number) => Promise<string>}} chat
 */
export function drawMessage(message, chat) {
  const { words, language } = chat;
  const mine = message.author === "customer";
  const who = mine ? words.you : message.name || (message.author === "bot" ? chat.bot : words.team);
  const bubble = element("div", { class: "bubble" });
  if (message.text) bubble.append(element("p", {}, ...linked(message.text)));
  if (message.image && harmless(message.image)) bubble.append(picture(message.image, "", words));
  for (const file of message.files || []) bubble.append(drawFile(message.id, file, chat));
  const foot = element("p", { class: "foot" }, ...(message.at ? [clock(message.at, language)] : []));
  return element("li", { class: `message ${message.author}` }, element("span", { class: "who" }, who), bubble, foot);
}

function clock(at, language) {
  const time = new Date(at);
  const locale = navigator.languages.find((tag) => tag.startsWith(language)) || language;
  const short = time.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
  return element("time", { datetime: at, title: time.toLocaleString(locale) }, short);
}

/** A file by its link, which lasts for half an hour at least: an older one is renewed when it is used. */
function drawFile(message, file, { home, words, renew }) {
  if (!file.reference) return element("p", { class: "file" }, "📎 ", file.name);
  const url = (reference) => `${home}files/${encodeURIComponent(reference)}/${encodeURIComponent(file.name)}`;
  const first = url(file.reference);
  const shown = /^image\/(png|jpeg|gif|webp)$/.test(file.type);
  const link = shown ? picture(first, file.name, words, () => fresh()) : anchor(first, file.name);
  let made = Date.now();
  const fresh = async () => {
    const reference = await renew(message, file.index);
    made = Date.now();
    if (reference) link.href = url(reference);
    return link.href;
  };
  link.addEventListener("click", async (event) => {
    if (Date.now() - made < FRESH) return;
    event.preventDefault();
    await fresh();
    link.click();
  });
  if (shown) return link;
  const size = file.size ? ` · ${file.size < 1e6 ? Math.ceil(file.size / 1e3) + " kB" : (file.size / 1e6).toFixed(1) + " MB"}` : "";
  return element("p", { class: "file" }, "📎 ", link, size);
}

/** A picture as a link to itself; one that does not load is tried once more at the address `again` gives. */
function picture(url, name, words, again) {
  const image = element("img", { src: url, alt: name, loading: "lazy" });
  const link = anchor(url, image);
  const broken = () => image.replaceWith(name || words.broken);
  const retry = async () => {
    image.addEventListener("error", broken, { once: true });
    image.src = await again();
  };
  image.addEventListener("error", again ? retry : broken, { once: true });
  return link;
}

/**
 * A message's buttons as chips; null if it has none.
 * @param {any[]} buttons @param {any} words @param {(button: any) => void} onPress
 */
export function drawChips(buttons, words, onPress) {
  if (!buttons?.length) return null;
  const chips = buttons.map((button) =>
    button.url && harmless(button.url)
      ? element("a", { class: "chip", href: button.url, target: "_blank", rel: "noopener noreferrer" }, button.title)
      : element("button", { type: "button", class: "chip", onclick: () => onPress(button) }, button.title),
  );
  return element("div", { class: "chips", role: "group", "aria-label": words.choices }, ...chips);
}
