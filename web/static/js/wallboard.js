// The wallboard keeps itself up to date and says when it last heard from the server.
// @ts-check
import { start } from "./clocks.js";
import { fragment } from "./http.js";
import { listen } from "./live.js";
import { say } from "./words.js";

const heard = /** @type {HTMLElement} */ (document.getElementById("heard"));
const figures = /** @type {HTMLElement} */ (document.getElementById("figures"));
let last = new Date();
let busy = false, again = false;

/** @param {boolean} well */
function told(well) {
  if (well) last = new Date();
  heard.classList.toggle("lost", !well);
  heard.textContent = say(well ? "heard" : "heard_lost", { at: last.toLocaleTimeString(document.documentElement.lang, { hour12: false }) });
}

async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    figures.replaceChildren(...(await fragment("/wallboard/part")).childNodes);
    told(true);
  } catch {
    told(false);
  }
  busy = false;
  if (again) { again = false; setTimeout(refresh, 1000); }
}

start();
told(true);
setInterval(refresh, 15_000);
listen("/wallboard/events", { snapshot: refresh, changed: refresh, up: () => told(true), lost: () => told(false), signedOut: () => location.reload() });
