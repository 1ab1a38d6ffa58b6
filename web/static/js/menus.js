// Menus are <details>: this closes them when something else is touched, or with Escape.
// @ts-check

/** @returns {HTMLDetailsElement[]} */
const open = () => [...document.querySelectorAll(/** @type {const} */ ("details.menu[open]"))];

document.addEventListener("click", (event) => {
  for (const menu of open()) if (!menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of open()) {
    menu.open = false;
    menu.querySelector("summary")?.focus();
    event.stopPropagation();
  }
});
