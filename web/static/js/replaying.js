// A page whose answer is still being worked out asks again until it is there.
// @ts-check
import { fragment } from "./http.js";

const EVERY_MS = 1000;

async function look() {
  const now = document.querySelector("[data-replaying]");
  if (!now) return;
  try {
    const next = (await fragment(location.href)).querySelector("[data-replaying]");
    if (!next) return location.reload();
    now.querySelector("progress")?.replaceWith(/** @type {Element} */ (next.querySelector("progress")));
    /** @type {Element} */ (now.querySelector(".far")).textContent = next.querySelector(".far")?.textContent ?? "";
  } catch {
    // the server is away for a moment: what it has worked out is asked for again
  }
  setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
