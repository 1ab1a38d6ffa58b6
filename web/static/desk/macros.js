// Prepared texts: typing / at the start of the field offers them, arrows choose, Enter takes.
// @ts-check
import { put } from "./composer.js";

const box = () => document.getElementById("macros");
/** @returns {HTMLElement[]} */
const options = () => [...(box()?.querySelectorAll(/** @type {const} */ ("li:not([hidden])")) ?? [])];
const chosen = () => options().findIndex((option) => option.getAttribute("aria-selected") === "true");

/** @param {HTMLTextAreaElement} field */
export function offerMacros(field) {
  const list = box();
  if (!list) return;
  if (!field.value.startsWith("/") || field.value.includes("\n")) return closeMacros();
  const wanted = field.value.slice(1).toLowerCase();
  for (const option of list.querySelectorAll("li")) option.hidden = !(option.textContent ?? "").toLowerCase().includes(wanted);
  list.hidden = options().length === 0;
  select(0, field);
}

export function closeMacros() {
  const list = box();
  if (list) list.hidden = true;
  document.getElementById("text")?.removeAttribute("aria-activedescendant");
}

/** @param {number} index @param {HTMLElement} field */
function select(index, field) {
  options().forEach((option, i) => option.setAttribute("aria-selected", String(i === index)));
  const now = options()[index];
  if (now) {
    field.setAttribute("aria-activedescendant", now.id);
    now.scrollIntoView({ block: "nearest" });
  }
}

/** Whether the key was one for the open list. @param {KeyboardEvent} event @param {HTMLTextAreaElement} field */
export function macroKey(event, field) {
  if (!box() || box()?.hidden) return false;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) select((chosen() + step + options().length) % options().length, field);
  else if (event.key === "Enter" || event.key === "Tab") take(options()[chosen()]);
  else if (event.key === "Escape") closeMacros();
  else return false;
  event.preventDefault();
  event.stopPropagation();
  return true;
}

/** @param {HTMLElement | undefined} option */
function take(option) {
  if (option) put(option.dataset.text ?? "", option.dataset.name ?? "");
  closeMacros();
}

document.addEventListener("mousedown", (event) => {
  const option = /** @type {HTMLElement} */ (event.target).closest("#macros li");
  if (option) { event.preventDefault(); take(/** @type {HTMLElement} */ (option)); }
});
