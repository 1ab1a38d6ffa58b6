// One key for each verdict; the page works without it.
// @ts-check
let sent = false;

document.addEventListener("keydown", (event) => {
  const at = /** @type {HTMLElement} */ (event.target);
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat || sent) return;
  if (at.matches("input, textarea, select")) return;
  const button = /** @type {HTMLButtonElement | null} */ (document.querySelector(`button[data-key="${CSS.escape(event.key)}"]`));
  if (!button) return;
  event.preventDefault();
  sent = true; // the next answer must not get this one's second key press
  button.form?.requestSubmit(button);
});
document.body.dataset.keys = "ready";
