// The page's words for scripts, in the person's language, handed over in an attribute.
// @ts-check

/** @type {Record<string, string>} */
const words = JSON.parse(document.querySelector("[data-words]")?.getAttribute("data-words") ?? "{}");

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function say(key, values = {}) {
  return (words[key] ?? words.broken ?? key).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** @param {string} key */
export const has = (key) => key in words;
