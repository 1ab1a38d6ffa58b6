// Short words about what just went wrong (or right), gone after a while, read by screen readers.
// @ts-check

/** @param {string} text */
export function toast(text) {
  const place = /** @type {HTMLElement} */ (document.getElementById("toasts"));
  const note = document.createElement("p");
  note.className = "toast";
  note.textContent = text;
  place.replaceChildren(note);
  setTimeout(() => note.remove(), 6000 + text.length * 40);
}

/** Said politely to screen readers only. @param {string} text */
export function announce(text) {
  const place = /** @type {HTMLElement} */ (document.getElementById("announce"));
  const line = document.createElement("span");
  line.textContent = `${text} `;
  place.append(line);
  while (place.childElementCount > 5) place.firstElementChild?.remove();
}
