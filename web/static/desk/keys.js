// The keyboard: one letter each, never while somebody is typing.
// @ts-check
import { takeNext } from "./acts.js";
import { setMode } from "./composer.js";
import { move } from "./list.js";

const field = () => /** @type {HTMLTextAreaElement | null} */ (document.getElementById("text"));
const help = /** @type {HTMLDialogElement} */ (document.getElementById("help"));

/** @param {string} id */
function menu(id) {
  const found = /** @type {HTMLDetailsElement | null} */ (document.getElementById(id));
  if (!found) return;
  found.open = true;
  /** @type {HTMLElement | null} */ (found.querySelector(".sheet input:not([type=hidden]), .sheet select, .sheet button"))?.focus();
}

/** @param {string} mode */
function write(mode) {
  setMode(mode);
  field()?.focus();
}

export function toggleDetails() {
  const details = document.getElementById("details");
  const button = document.querySelector("[data-toggle-details]");
  const shown = details?.classList.toggle("shown") ?? false;
  button?.setAttribute("aria-expanded", String(shown));
  if (shown && details) { details.tabIndex = -1; details.focus(); }
}

/** @type {Record<string, () => void>} */
const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  r: () => write("reply"),
  n: () => write("note"),
  "/": () => {
    write("reply");
    const text = field();
    if (text && !text.value) { text.value = "/"; text.dispatchEvent(new Event("input")); }
  },
  e: () => menu("menu-resolve"),
  t: () => menu("menu-transfer"),
  a: () => void takeNext(),
  d: toggleDetails,
  "?": () => help.showModal(),
};

document.addEventListener("keydown", (event) => {
  const at = /** @type {HTMLElement} */ (event.target);
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  if (event.key === "Escape") {
    if (at.matches("input, textarea, select")) at.blur();
    else if (document.getElementById("details")?.classList.contains("shown")) toggleDetails();
    return;
  }
  if (at.matches("input, textarea, select, [contenteditable]") || at.closest("details[open] .sheet")) return;
  if (event.key.startsWith("Arrow") && !at.closest("#rows")) return;
  const act = KEYS[event.key];
  if (act) { event.preventDefault(); act(); }
});
document.getElementById("show-help")?.addEventListener("click", () => help.showModal());
