// The list of conversations: kept fresh, moved through with j and k.
// @ts-check
import { fragment } from "../js/http.js";
import { tick } from "../js/clocks.js";
import { mergeList, mergeWhole } from "./merge.js";

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const list = /** @type {HTMLElement} */ (document.getElementById("list"));
let running = /** @type {AbortController | null} */ (null);

export const kind = () => main.dataset.list ?? "mine";
const search = () => /** @type {HTMLInputElement | null} */ (list.querySelector('#search [name="q"]'))?.value ?? "";
/** @returns {HTMLAnchorElement[]} */
export const rows = () => [...list.querySelectorAll(/** @type {const} */ ("a[data-open]"))];
const opened = () => document.getElementById("talk")?.dataset.id ?? "";

/** Fetches the list and merges it in. */
export async function refreshList() {
  running?.abort();
  running = new AbortController();
  const asked = running;
  const query = new URLSearchParams({ list: kind(), q: search(), open: opened() });
  const fresh = await fragment(`/desk/list?${query}`, asked.signal).catch((problem) => {
    if (!asked.signal.aborted) throw problem;
  });
  if (!fresh || asked.signal.aborted) return;
  const typed = search();
  const [oldRows, newRows] = [list.querySelector("#rows"), fresh.querySelector("#rows")];
  if (oldRows && newRows) {
    mergeList(oldRows, newRows);
    mergeWhole(list.querySelector(".tabs"), fresh.querySelector(".tabs"));
    mergeWhole(list.querySelector("#take-next"), fresh.querySelector("#take-next"));
    mergeEdge(list.querySelector(".edge"), fresh.querySelector(".edge"));
  } else {
    const searching = document.activeElement?.getAttribute("name") === "q";
    list.replaceChildren(...fresh.childNodes);
    const field = /** @type {HTMLInputElement | null} */ (list.querySelector('[name="q"]'));
    if (field) field.value = typed;
    if (searching) field?.focus();
  }
  tick();
}

/** @param {Element | null} old @param {Element | null} fresh */
function mergeEdge(old, fresh) {
  if (old && !fresh) old.remove();
  if (!old && fresh) list.append(fresh);
}

/** Shows another list. @param {string} wanted */
export async function showList(wanted) {
  main.dataset.list = wanted;
  list.querySelector("#rows")?.setAttribute("aria-busy", "true");
  await refreshList();
}

/** Marks the open conversation at once, before anything is fetched. @param {string} id */
export function markOpen(id) {
  for (const row of rows()) {
    if (row.dataset.open === id) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}

/** Moves the focus by `step` rows. @param {number} step */
export function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row === document.activeElement);
  const from = at >= 0 ? at : all.findIndex((row) => row.hasAttribute("aria-current"));
  const to = from < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(from + step, 0), all.length - 1);
  all[to].focus();
  all[to].scrollIntoView({ block: "nearest" });
}

/** The conversation after `id` in this list, or the one before the end. @param {string} id */
export function neighbour(id) {
  const all = rows().map((row) => row.dataset.open ?? "");
  const at = all.indexOf(id);
  return at < 0 ? (all[0] ?? "") : (all[at + 1] ?? all[at - 1] ?? "");
}
