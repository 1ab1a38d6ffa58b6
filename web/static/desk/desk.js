// The desk's entry: joins the list, the open conversation, the composer and the live connection.
// @ts-check
import { start as startClocks } from "../js/clocks.js";
import { Problem } from "../js/http.js";
import { REASON_MS, REFUSED, listen } from "../js/live.js";
import { say } from "../js/words.js";
import "./acts.js";
import { onSent, put, setMode } from "./composer.js";
import { close, open, openId, openSeq, refresh, shown } from "./conversation.js";
import { toggleDetails } from "./keys.js";
import { refreshList, showList } from "./list.js";
import { startPresence, stopPresence } from "./presence.js";
import { announce } from "./toast.js";

const banner = /** @type {HTMLElement} */ (document.getElementById("connection"));
let wasLost = false, over = false;

/** @param {string} text @param {string} [link] @param {string} [address] */
function showBanner(text, link, address) {
  banner.textContent = `${text} `;
  if (link && address) {
    const a = document.createElement("a");
    a.href = address;
    a.textContent = link;
    banner.append(a);
  }
  banner.hidden = false;
}

/** @param {string} state up, lost or ended */
const live = (state) => document.getElementById("main")?.setAttribute("data-live", state);

function lost() {
  if (over) return;
  wasLost = true;
  live("lost");
  showBanner(say("offline"));
}

/** The server shows us no more: nothing is asked again until the page is loaded anew. @param {string} reason */
function ended(reason) {
  if (over) return;
  over = true;
  stopPresence();
  live("ended");
  const here = location.pathname + location.search;
  if (reason === "rights_changed") showBanner(say("ended_rights_changed"), say("load_again"), here);
  else showBanner(say(`ended_${reason}`), say("sign_in"), `/login?next=${encodeURIComponent(here)}`);
}

/** One fetch at a time, and one more if something happened meanwhile. @param {() => Promise<void>} work */
function calmly(work) {
  let running = false, again = false;
  const run = async () => {
    if (over) return;
    if (running) { again = true; return; }
    running = true;
    try {
      await work();
    } catch (problem) {
      if (problem instanceof Problem && REFUSED[/** @type {401} */ (problem.status)]) {
        const reason = REFUSED[/** @type {401} */ (problem.status)];
        setTimeout(() => ended(reason), REASON_MS); // the stream knows more exactly why, and says it soon
      }
      else if (problem instanceof Problem && problem.status === 0) lost();
    }
    running = false;
    if (again) { again = false; setTimeout(run, 250); }
  };
  return run;
}

const freshList = calmly(refreshList);
const freshConversation = calmly(refresh);
onSent(refresh);

listen("/desk/events", {
  snapshot: () => { freshList(); freshConversation(); },
  changed: (fact) => {
    freshList();
    if (fact.conversation === openId() && fact.seq !== openSeq()) freshConversation();
  },
  up: () => {
    banner.hidden = true;
    live("up");
    if (wasLost) announce(say("online"));
    wasLost = false;
  },
  lost,
  ended,
});
setInterval(() => { if (!document.hidden) freshList(); }, 30_000);

document.addEventListener("click", (event) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  const at = /** @type {HTMLElement} */ (event.target);
  const to = /** @type {HTMLElement | null} */ (at.closest("a[data-open]"));
  const tab = /** @type {HTMLElement | null} */ (at.closest(".tabs a[data-list]"));
  const prepared = /** @type {HTMLElement | null} */ (at.closest("[data-use]"));
  const failed = /** @type {HTMLElement | null} */ (at.closest("[data-retry]"));
  if (to) { event.preventDefault(); open(to.dataset.open ?? ""); }
  else if (tab) { event.preventDefault(); showList(tab.dataset.list ?? "mine").catch(() => lost()); history.replaceState(history.state, "", openId() ? `/desk/c/${openId()}?list=${tab.dataset.list}` : `/desk?list=${tab.dataset.list}`); }
  else if (at.closest("[data-back]")) { event.preventDefault(); close(); freshList(); }
  else if (at.closest("[data-toggle-details]")) toggleDetails();
  else if (prepared) put(prepared.dataset.use ?? "", prepared.dataset.name ?? "");
  else if (failed) { setMode("reply"); put(failed.dataset.retry ?? "", ""); }
});

/** @type {ReturnType<typeof setTimeout> | undefined} */
let pause;
document.addEventListener("input", (event) => {
  if (/** @type {HTMLElement} */ (event.target).closest("#search")) { clearTimeout(pause); pause = setTimeout(freshList, 250); }
});
document.addEventListener("submit", (event) => {
  if (/** @type {HTMLElement} */ (event.target).id === "search") { event.preventDefault(); freshList(); }
});
addEventListener("popstate", () => {
  const found = /^\/desk\/c\/([^/]+)/.exec(location.pathname);
  if (found) open(found[1], { push: false });
  else close(false);
});

startClocks();
startPresence();
if (openId()) shown();
