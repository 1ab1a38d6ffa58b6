// Brings a part of the page up to date without touching what did not change: focus, selection and scrolling stay.
// @ts-check

/**
 * Makes the keyed children of `old` those of `fresh`, in their order. Children are told apart by data-key.
 * @param {Element} old
 * @param {Element} fresh
 * @returns {HTMLElement[]} those that were not there before
 */
export function mergeList(old, fresh) {
  const known = new Map([...old.children].map((child) => [child.getAttribute("data-key"), child]));
  /** @type {HTMLElement[]} */
  const added = [];
  let place = old.firstElementChild;
  for (const wanted of [...fresh.children]) {
    const key = wanted.getAttribute("data-key");
    const there = known.get(key);
    known.delete(key);
    let child = there ?? /** @type {HTMLElement} */ (wanted);
    if (there && !same(there, wanted)) replaceKeepingFocus(there, wanted), (child = wanted);
    if (!there) added.push(/** @type {HTMLElement} */ (wanted));
    if (place === there && there) place = child;
    if (child !== place) old.insertBefore(child, place);
    else place = place?.nextElementSibling ?? null;
  }
  for (const gone of known.values()) gone.remove();
  return added;
}

/** @param {Element} a @param {Element} b */
function same(a, b) {
  return plain(a) === plain(b);
}

/** The markup without what counts by itself. @param {Element} element */
function plain(element) {
  const copy = /** @type {Element} */ (element.cloneNode(true));
  for (const figure of copy.querySelectorAll("[data-down] .figure, [data-up] .figure")) figure.textContent = "";
  for (const words of copy.querySelectorAll(".clock .sr")) words.textContent = "";
  for (const token of copy.querySelectorAll('input[name="csrf"], input[name="key"]')) token.remove();
  copy.classList.remove("new");
  return copy.outerHTML;
}

/** @param {Element} old @param {Element} fresh */
export function replaceKeepingFocus(old, fresh) {
  const focused = old.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement) : null;
  const path = focused ? way(old, focused) : null;
  old.replaceWith(fresh);
  if (path) /** @type {HTMLElement | undefined} */ (path.reduce((at, i) => at?.children[i], /** @type {Element | undefined} */ (fresh)))?.focus?.({ preventScroll: true });
}

/** @param {Element} from @param {Element} to @returns {number[]} */
function way(from, to) {
  const path = [];
  for (let at = to; at !== from && at.parentElement; at = at.parentElement) path.unshift([...at.parentElement.children].indexOf(at));
  return path;
}

/** @param {Element | null} old @param {Element | null} fresh replaces unless equal */
export function mergeWhole(old, fresh) {
  if (old && fresh && !same(old, fresh)) replaceKeepingFocus(old, fresh);
}
