// Writing: replies and notes, sent at once with an honest mark, never past an unseen message, never lost.
// @ts-check
import { post, Problem } from "../js/http.js";
import { say } from "../js/words.js";
import * as drafts from "./drafts.js";
import { closeMacros, macroKey, offerMacros } from "./macros.js";

/** What the customer wrote while something was being typed and has not been confirmed. */
let unseen = 0;
/** Set by the entry module: refreshes the conversation. @type {() => Promise<void>} */
let refresh = async () => {};
/** @param {() => Promise<void>} how */
export const onSent = (how) => { refresh = how; };

const form = () => /** @type {HTMLFormElement | null} */ (document.getElementById("compose"));
const field = () => /** @type {HTMLTextAreaElement | null} */ (document.getElementById("text"));
const id = () => form()?.dataset.conversation ?? "";
const mode = () => document.querySelector('.mode[aria-pressed="true"]')?.getAttribute("data-mode") ?? "note";

/** Takes over a composer that has just come onto the page. */
export function adopt() {
  unseen = 0;
  const [f, text] = [form(), field()];
  if (!f || !text) return;
  text.value = drafts.recall(id(), text.value);
  f.addEventListener("submit", submit);
  text.addEventListener("keydown", typing);
  text.addEventListener("input", () => { drafts.keep(id(), text.value); offerMacros(text); });
  f.querySelector('[name="files"]')?.addEventListener("change", chosen);
  for (const button of f.querySelectorAll(".mode")) {
    button.addEventListener("click", (event) => { event.preventDefault(); setMode(button.getAttribute("data-mode") ?? "reply"); text.focus(); });
  }
}

/** @param {string} wanted */
export function setMode(wanted) {
  const f = form(), text = field();
  if (!f || !text || !f.querySelector(`[data-mode="${wanted}"]`)) return;
  for (const button of f.querySelectorAll(".mode")) button.setAttribute("aria-pressed", String(button.getAttribute("data-mode") === wanted));
  document.getElementById("composer")?.classList.toggle("noting", wanted === "note");
  text.placeholder = (wanted === "note" ? text.dataset.noteHint : text.dataset.replyHint) ?? "";
  const label = f.querySelector("#send [data-label]");
  if (label) label.textContent = say(wanted === "note" ? "save_note" : "send");
}

/** @param {KeyboardEvent} event */
function typing(event) {
  if (macroKey(event, /** @type {HTMLTextAreaElement} */ (field()))) return;
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form()?.requestSubmit(/** @type {HTMLElement} */ (document.getElementById("send")));
  }
}

function chosen() {
  const files = /** @type {HTMLInputElement} */ (form()?.querySelector('[name="files"]')).files ?? [];
  const place = document.getElementById("attached");
  if (place) place.textContent = files.length === 1 ? files[0].name : files.length ? say("files", { n: files.length }) : "";
}

/** The customer wrote. Whoever is typing is told before anything goes out. @param {HTMLElement[]} lines */
export function arrived(lines) {
  if (!field()?.value.trim() || mode() !== "reply") return;
  unseen += lines.length;
  warn(lines[lines.length - 1].dataset.who ?? "", lines.map((line) => line.dataset.said ?? ""));
}

/** @param {string} who @param {string[]} said */
function warn(who, said) {
  const box = document.getElementById("arrived");
  if (!box) return;
  const head = document.createElement("b");
  head.textContent = say("newer", { who: who || say("customer") });
  const words = said.filter(Boolean).slice(-3).map((text) => {
    const p = document.createElement("p");
    p.textContent = text;
    return p;
  });
  box.replaceChildren(head, ...words);
  box.hidden = false;
}

function seen() {
  unseen = 0;
  const box = document.getElementById("arrived");
  if (box) box.hidden = true;
}

/** @param {SubmitEvent} event */
function submit(event) {
  event.preventDefault();
  const f = form(), text = field();
  if (!f || !text) return;
  const input = /** @type {HTMLInputElement} */ (f.querySelector('[name="files"]'));
  if (!text.value.trim() && !input?.files?.length) { text.focus(); return; }
  const box = document.getElementById("arrived");
  const confirmed = Boolean(box && !box.hidden);
  const told = box?.dataset.shown === "yes";
  if (unseen && confirmed && !told && box) { box.dataset.shown = "yes"; text.focus(); return; }
  const body = new FormData(f);
  const note = mode() === "note";
  body.delete("csrf");
  body.set("key", crypto.randomUUID());
  body.set("seen_seq", document.getElementById("talk")?.dataset.seq ?? "0");
  body.set("mode", note ? "note" : "reply");
  if (confirmed) body.set("force", "true");
  if (box) delete box.dataset.shown;
  seen();
  const draft = text.value;
  text.value = "";
  f.reset();
  text.value = "";
  const macro = /** @type {HTMLInputElement | null} */ (f.querySelector('[name="macro"]'));
  if (macro) macro.value = "";
  chosen();
  closeMacros();
  drafts.forget(id());
  if (note) setMode(f.querySelector('[data-mode="reply"]') ? "reply" : "note");
  send(id(), body, draft, note);
}

/** @param {string} conversation @param {FormData} body @param {string} text @param {boolean} note */
async function send(conversation, body, text, note) {
  const line = bubble(text, note);
  line.dataset.sent = String(body.get("key"));
  const list = document.getElementById("transcript");
  list?.append(line);
  if (list) list.scrollTop = list.scrollHeight;
  const mark = /** @type {HTMLElement} */ (line.querySelector(".mark-line"));
  mark.textContent = say("sending");
  try {
    await post(`/desk/c/${conversation}/${note ? "note" : "reply"}`, body);
    line.classList.remove("sending");
    line.dataset.local = "done";
    mark.textContent = note ? "" : say("sent");
    await refresh();
  } catch (problem) {
    failed(conversation, body, text, note, line, problem);
  }
}

/** @param {string} conversation @param {FormData} body @param {string} text @param {boolean} note @param {HTMLElement} line @param {unknown} problem */
function failed(conversation, body, text, note, line, problem) {
  const facts = problem instanceof Problem ? problem.facts : {};
  if (facts.reason === "newer") {
    line.remove();
    const now = field();
    if (now && id() === conversation) {
      now.value = now.value ? `${text}\n${now.value}` : text;
      drafts.keep(conversation, now.value);
      unseen = facts.messages.length;
      warn("", facts.messages.map((/** @type {{text: string}} */ m) => m.text));
      const box = document.getElementById("arrived");
      if (box) box.dataset.shown = "yes";
      now.focus();
    }
    refresh().catch(() => {});
    return;
  }
  line.classList.remove("sending");
  line.classList.add("trouble");
  line.dataset.local = "failed";
  const mark = /** @type {HTMLElement} */ (line.querySelector(".mark-line"));
  mark.classList.add("failed");
  mark.textContent = `${say("failed")}: ${problem instanceof Error ? problem.message : ""} `;
  if (!note) drafts.keep(conversation, text);
  if (String(facts.reason).startsWith("file_")) { // trying again with the same file would change nothing
    const now = field();
    if (now && id() === conversation && !now.value) now.value = text;
    return;
  }
  const again = document.createElement("button");
  again.type = "button";
  again.className = "link";
  again.textContent = say("retry");
  // the same key: should the first try have arrived after all, this one is not sent twice
  again.addEventListener("click", () => { line.remove(); send(conversation, body, text, note); });
  mark.append(again);
}

/** @param {string} text @param {boolean} note */
function bubble(text, note) {
  const line = document.createElement("li");
  line.className = `line ${note ? "note" : "agent"} sending`;
  line.dataset.key = `local-${crypto.randomUUID()}`;
  line.dataset.local = "sending";
  const box = document.createElement("div");
  box.className = "bubble";
  const words = document.createElement("p");
  words.className = "text";
  words.dir = "auto";
  words.textContent = text;
  box.append(words);
  const mark = document.createElement("p");
  mark.className = "mark-line";
  line.append(box, mark);
  return line;
}

/** Puts a prepared text into the field. @param {string} text @param {string} macro */
export function put(text, macro) {
  const now = field();
  if (!now) return;
  setMode("reply");
  now.value = text;
  const kept = /** @type {HTMLInputElement | null} */ (form()?.querySelector('[name="macro"]'));
  if (kept) kept.value = macro;
  drafts.keep(id(), now.value);
  now.focus();
  now.setSelectionRange(text.length, text.length);
}
