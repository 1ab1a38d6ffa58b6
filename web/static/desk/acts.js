// Claiming, passing on, ending: forms that work without a script, done here without leaving the page.
// @ts-check
import { post, Problem } from "../js/http.js";
import { close, open, openId, refresh } from "./conversation.js";
import { neighbour, refreshList, showList } from "./list.js";
import { toast } from "./toast.js";

/** Acts after which the conversation is no longer the agent's: the next one opens. */
const LEAVES = new Set(["resolve", "release", "transfer", "bot", "snooze"]);

/** @param {unknown} problem */
const tell = (problem) => toast(problem instanceof Problem ? problem.message : String(problem));

/** @param {HTMLFormElement} form */
async function act(form) {
  const name = form.dataset.act ?? "";
  const id = openId();
  const next = neighbour(id);
  const button = form.querySelector("button:not([type=button])");
  button?.setAttribute("aria-busy", "true");
  try {
    await post(form.action, new FormData(form));
    form.closest("details")?.removeAttribute("open");
    if (LEAVES.has(name)) {
      if (next && next !== id) await open(next, { focus: true });
      else close();
      await refreshList();
    } else {
      if (name === "claim" || name === "reopen") await showList("mine");
      await open(id, { push: false, focus: name === "claim" });
      await refreshList();
    }
  } catch (problem) {
    tell(problem);
    await Promise.all([refresh(), refreshList()]).catch(() => {});
  } finally {
    button?.removeAttribute("aria-busy");
  }
}

export async function takeNext() {
  try {
    const taken = await post("/desk/take-next", new FormData());
    await showList("mine");
    await open(taken.conversation, { focus: true });
    await refreshList();
  } catch (problem) {
    tell(problem);
    await refreshList().catch(() => {});
  }
}

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.id === "take-next") { event.preventDefault(); takeNext(); }
  else if (form.dataset.act) { event.preventDefault(); act(form); }
});
