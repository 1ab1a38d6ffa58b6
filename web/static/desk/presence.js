// Tells the server that somebody is at this desk, and whether they take new conversations.
// @ts-check
import { post } from "../js/http.js";
import { say } from "../js/words.js";

const KEPT = "switchboard.presence";
const button = /** @type {HTMLButtonElement} */ (document.getElementById("presence"));

/** @type {Worker | undefined} */
let metronome;
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
  metronome = new Worker("/static/desk/beat-worker.js");
  metronome.addEventListener("message", beat);
  show();
  beat();
}

/** Nobody is at this desk any more, as far as the server is concerned. */
export function stopPresence() {
  metronome?.terminate();
  button.disabled = true;
}
