// The open conversation: fetched, merged, kept at its newest line.
// @ts-check
import { tick } from "../js/clocks.js";
import { fragment, post, Problem } from "../js/http.js";
import { say } from "../js/words.js";
import { adopt, arrived } from "./composer.js";
import { kind, markOpen } from "./list.js";
import { mergeList, mergeWhole } from "./merge.js";
import { announce } from "./toast.js";

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const place = /** @type {HTMLElement} */ (document.getElementById("open"));
let running = /** @type {AbortController | null} */ (null);

const talk = () => document.getElementById("talk");
export const openId = () => talk()?.dataset.id ?? "";
export const openSeq = () => Number(talk()?.dataset.seq ?? 0);

const transcript = () => /** @type {HTMLElement | null} */ (document.querySelector("#transcript"));
const atEnd = (/** @type {HTMLElement} */ t) => t.scrollHeight - t.scrollTop - t.clientHeight < 80;
const toEnd = () => { const t = transcript(); if (t) t.scrollTop = t.scrollHeight; };

/** Opens a conversation. @param {string} id @param {{ push?: boolean, focus?: boolean }} [how] */
export async function open(id, { push = true, focus = false } = {}) {
  markOpen(id);
  main.classList.add("has-open");
  const address = `/desk/c/${id}?list=${kind()}`;
  if (push && location.pathname + location.search !== address) history.pushState({ id }, "", address);
  running?.abort();
  const asked = (running = new AbortController());
  const slow = setTimeout(() => place.replaceChildren(notice(say("loading"))), 400);
  try {
    const fresh = await fragment(`/desk/c/${id}/part?list=${kind()}`, asked.signal);
    if (asked.signal.aborted) return;
    place.replaceChildren(...fresh.childNodes);
    shown(focus);
  } catch (problem) {
    if (asked.signal.aborted) return;
    place.replaceChildren(notice(`${say("load_failed")} ${problem instanceof Problem ? problem.message : ""}`, () => open(id, { push: false })));
  } finally {
    clearTimeout(slow);
  }
}

/** Called when the panes hold another conversation. @param {boolean} [focus] */
export function shown(focus = false) {
  adopt();
  tick();
  toEnd();
  read();
  const title = document.getElementById("talk-title")?.textContent;
  if (title) document.title = `${title} · Switchboard`;
  if (focus) (/** @type {HTMLElement | null} */ (document.getElementById("text")) ?? transcript())?.focus();
}

/** Nothing is open any more. @param {boolean} [push] */
export function close(push = true) {
  running?.abort();
  const empty = /** @type {HTMLTemplateElement} */ (document.getElementById("nothing-open"));
  place.replaceChildren(empty.content.cloneNode(true));
  main.classList.remove("has-open");
  markOpen("");
  if (push) history.pushState({}, "", `/desk?list=${kind()}`);
}

/** Merges the newest state of the open conversation in; what is being typed stays. */
export async function refresh() {
  const id = openId();
  if (!id) return;
  const fresh = await fragment(`/desk/c/${id}/part?list=${kind()}`);
  const [now, next] = [talk(), fresh.querySelector("#talk")];
  if (!now || !next || openId() !== id) return;
  const lines = transcript(), newLines = fresh.querySelector("#transcript");
  if (lines && newLines) {
    const follow = atEnd(lines);
    const arrivedAs = new Set([...newLines.querySelectorAll("[data-sent]")].map((line) => line.getAttribute("data-sent")));
    for (const local of lines.querySelectorAll(".line[data-local]")) {
      // live news may overtake the answer to our own request: what the server already shows is not shown twice
      if (local.getAttribute("data-local") === "done" || arrivedAs.has(local.getAttribute("data-sent"))) local.remove();
      else newLines.append(local);
    }
    const added = mergeList(lines, newLines);
    added.forEach((line) => line.classList.add("new"));
    heard(added);
    if (follow) toEnd();
  }
  if (!document.querySelector("#talk-head details[open]")) mergeWhole(document.getElementById("talk-head"), fresh.querySelector("#talk-head"));
  const [shape, newShape] = [document.getElementById("composer"), fresh.querySelector("#composer")];
  if (shape && newShape && shape.getAttribute("data-shape") !== newShape.getAttribute("data-shape")) {
    shape.replaceWith(newShape);
    adopt();
  }
  const details = document.getElementById("details");
  if (details && !details.querySelector("details[open]") && !details.contains(document.activeElement)) {
    const [top, newDetails] = [details.scrollTop, fresh.querySelector("#details")];
    if (newDetails) details.replaceChildren(...newDetails.childNodes), (details.scrollTop = top);
  }
  for (const name of ["seq", "state", "mine"]) now.setAttribute(`data-${name}`, next.getAttribute(`data-${name}`) ?? "");
  tick();
  read();
}

/** @param {HTMLElement[]} added */
function heard(added) {
  const said = added.filter((line) => line.dataset.said !== undefined);
  for (const line of said) announce(say("said", { who: line.dataset.who ?? "", text: line.dataset.said ?? "" }));
  if (said.length) arrived(said);
}

function read() {
  if (document.hidden || !openId()) return;
  post(`/desk/c/${openId()}/read`, new URLSearchParams({ seq: String(openSeq()) })).catch(() => {
    /* the dot stays until the next look */
  });
}

/** @param {string} text @param {() => void} [again] */
function notice(text, again) {
  const box = document.createElement("div");
  box.className = "loading";
  const words = document.createElement("p");
  words.textContent = text;
  box.append(words);
  if (again) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = say("again");
    button.addEventListener("click", again);
    box.append(button);
  }
  return box;
}

document.addEventListener("visibilitychange", read);
