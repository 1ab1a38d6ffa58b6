// Whether a person is acting: their session lives by what they do, not by what the page fetches by itself.
// @ts-check

/** How long after a key or a button a call still counts as what the person did: a draft is saved a moment later. */
const LASTS_MS = 5000;
let last = -Infinity;

for (const kind of ["keydown", "pointerdown"]) {
  addEventListener(kind, (event) => { if (event.isTrusted) last = event.timeStamp; }, { capture: true, passive: true });
}

/** What a call tells the server. */
export const activity = () => (performance.now() - last < LASTS_MS ? "person" : "background");
