// What is typed and not sent: kept on this device at once and on the server a moment later.
// @ts-check
import { post } from "../js/http.js";
import { say } from "../js/words.js";

const name = (/** @type {string} */ id) => `switchboard.draft.${id}`;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

const state = (/** @type {string} */ text) => {
  const place = document.getElementById("draft-state");
  if (place) place.textContent = text;
};

/** @param {string} id @param {string} text */
export function keep(id, text) {
  if (text) localStorage.setItem(name(id), text);
  else localStorage.removeItem(name(id));
  clearTimeout(timer);
  timer = setTimeout(() => toServer(id, text), 1200);
}

/** @param {string} id @param {string} text */
async function toServer(id, text) {
  try {
    await post(`/desk/c/${id}/draft`, new URLSearchParams({ text }), true);
    state(text ? say("draft_kept") : "");
  } catch {
    state(text ? say("draft_here") : "");
  }
}

/** The draft of this device if there is one, else the server's. @param {string} id @param {string} served */
export const recall = (id, served) => localStorage.getItem(name(id)) ?? served;

/** @param {string} id */
export function forget(id) {
  clearTimeout(timer);
  localStorage.removeItem(name(id));
  state("");
}
