// Tells the server that somebody is at this desk, and whether they take new conversations.
// @ts-check
import { post } from "../js/http.js";
import { say } from "../js/words.js";

const KEPT = "switchboard.presence";
const button = /** @type {HTMLButtonElement} */ (document.getElementById("presence"));

const status = () => localStorage.getItem(KEPT) ?? "online";

function show() {
  const now = status();
  button.dataset.status = now;
  button.setAttribute("aria-pressed", String(now === "online"));
  /** @type {HTMLElement} */ (button.querySelector(".label")).textContent = say(`status_${now}`);
}

function beat() {
  post("/desk/presence", new URLSearchParams({ status: status() })).catch(() => {
    /* the live connection tells the person; the next beat tries again */
  });
}

export function startPresence() {
  button.addEventListener("click", () => {
    localStorage.setItem(KEPT, status() === "online" ? "away" : "online");
    show();
    beat();
  });
  new Worker("/static/desk/beat-worker.js").addEventListener("message", beat);
  show();
  beat();
}
