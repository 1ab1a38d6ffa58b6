// Clocks that count: down to a due time (data-down) or up from a start (data-up), all by one timer.
// @ts-check
import { say } from "./words.js";

const MINUTE = 60, HOUR = 3600, DAY = 86400;
/** Server time minus this browser's: a wrong laptop clock must not shift a deadline. */
let ahead = 0;
/** So many answers in a row told an earlier time. */
let earlier = 0;
const NOISE = 1500, WRONG = 5000, BELIEVED = 3;

/** An answer that took long, or came from a busy server, tells an earlier time than it is, never a later one: a little
 * earlier is believed only when several say so.
 * @param {string | null} date the Date header of any answer
 */
export function setServerTime(date) {
  const served = date ? Date.parse(date) : NaN;
  if (!Number.isFinite(served)) return;
  const by = served + 500 - Date.now() - ahead;
  earlier = by < -NOISE ? earlier + 1 : 0;
  if (by > NOISE || by < -WRONG || earlier >= BELIEVED) {
    ahead += by;
    earlier = 0;
  }
}

/** @param {number} seconds */
export function figure(seconds) {
  const sign = seconds < 0 ? "−" : "";
  const left = Math.trunc(Math.abs(seconds));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  if (left >= DAY) return `${sign}${Math.trunc(left / DAY)} ${say("d")} ${two(Math.trunc((left % DAY) / HOUR))} ${say("h")}`;
  if (left >= HOUR) return `${sign}${Math.trunc(left / HOUR)}:${two(Math.trunc((left % HOUR) / MINUTE))}:${two(left % MINUTE)}`;
  return `${sign}${Math.trunc(left / MINUTE)}:${two(left % MINUTE)}`;
}

export function tick() {
  const now = Date.now() + ahead;
  for (const clock of document.querySelectorAll(".clock[data-down], .clock[data-up]")) {
    const due = clock.getAttribute("data-down");
    const seconds = due ? (Date.parse(due) - now) / 1000 : (now - Date.parse(clock.getAttribute("data-up") ?? "")) / 1000;
    const shown = clock.querySelector(".figure");
    const text = figure(due ? Math.floor(seconds) : Math.max(seconds, 0));
    if (shown && shown.textContent !== text) shown.textContent = text;
    if (due && seconds <= 0 && clock.getAttribute("data-look") !== "breach") {
      clock.setAttribute("data-look", "breach");
      clock.closest("[data-look]:not(.clock)")?.setAttribute("data-look", "breach");
    }
  }
}

export function start() {
  tick();
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);
}
