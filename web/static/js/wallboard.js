// The wallboard keeps itself up to date and says when it last heard from the server.
// @ts-check
import { start } from "./clocks.js";
import { Problem, fragment } from "./http.js";
import { REASON_MS, REFUSED, listen } from "./live.js";
import { say } from "./words.js";

const heard = /** @type {HTMLElement} */ (document.getElementById("heard"));
const figures = /** @type {HTMLElement} */ (document.getElementById("figures"));
const base = figures.dataset.base ?? "/wallboard";
let last = new Date();
let busy = false, again = false, over = false;

/** @param {boolean} well */
function told(well) {
  if (over) return;
  if (well) last = new Date();
  heard.classList.toggle("lost", !well);
  heard.textContent = say(well ? "heard" : "heard_lost", { at: last.toLocaleTimeString(document.documentElement.lang, { hour12: false }) });
}

/** No figures are left to be read as if they were true. @param {string} reason */
function ended(reason) {
  if (over) return;
  over = true;
  const login = figures.dataset.login;
  if (!login && reason === "rights_changed") { location.reload(); return; }
  const said = document.createElement("p");
  said.className = "calm";
  said.textContent = say(login ? `ended_${reason}` : "ended_revoked");
  if (login) said.append(" ", wayBack(reason, login));
  figures.replaceChildren(said);
  heard.textContent = "";
}

/** @param {string} reason @param {string} login */
function wayBack(reason, login) {
  const here = location.pathname + location.search;
  const link = document.createElement("a");
  link.href = reason === "rights_changed" ? here : `${login}?next=${encodeURIComponent(here)}`;
  link.textContent = say(reason === "rights_changed" ? "load_again" : "sign_in");
  return link;
}

async function refresh() {
  if (over) return;
  if (busy) { again = true; return; }
  busy = true;
  try {
    const fresh = await fragment(`${base}/part`);
    if (!over) figures.replaceChildren(...fresh.childNodes);
    told(true);
  } catch (problem) {
    const refused = problem instanceof Problem ? REFUSED[/** @type {401} */ (problem.status)] : undefined;
    if (refused) setTimeout(() => ended(refused), REASON_MS); // the stream knows more exactly why, and says it soon
    else told(false);
  }
  busy = false;
  if (again) { again = false; setTimeout(refresh, 1000); }
}

start();
told(true);
setInterval(refresh, 15_000);
listen(`${base}/events`, { snapshot: refresh, changed: refresh, up: () => told(true), lost: () => told(false), ended });
