// Calls to our own server: with the CSRF token, with problems as values.
// @ts-check
import { activity } from "./activity.js";
import { setServerTime } from "./clocks.js";
import { has, say } from "./words.js";

/** What went wrong, in words for a person. `status` 0: the server was not reached. */
export class Problem extends Error {
  /** @param {number} status @param {Record<string, any>} facts */
  constructor(status, facts) {
    const key = [facts.reason, facts.code].find((k) => k && has(k));
    super(status === 0 ? say("offline") : say(key ?? "broken", facts));
    this.status = status;
    this.facts = facts;
  }
}

const token = () => document.querySelector('meta[name="csrf"]')?.getAttribute("content") ?? "";

/**
 * @param {string} url
 * @param {RequestInit & { headers: Record<string, string> }} options
 * @returns {Promise<Response>}
 */
async function call(url, options) {
  let answer;
  try {
    const headers = { ...options.headers, "X-Activity": activity() };
    answer = await fetch(url, { ...options, headers, credentials: "same-origin" });
  } catch (error) {
    // a fetch that a newer one replaced is not a lost connection
    if (options.signal?.aborted) throw error;
    throw new Problem(0, {});
  }
  setServerTime(answer.headers.get("date"));
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
  return answer;
}

/** How the server answers, 0 if it was not reached; the body, which may have no end, is not read. @param {string} url */
export async function statusOf(url) {
  const asking = new AbortController();
  try {
    return (await call(url, { headers: { Accept: "application/json" }, signal: asking.signal })).status;
  } catch (problem) {
    return problem instanceof Problem ? problem.status : 0;
  } finally {
    asking.abort();
  }
}

/** @param {string} url a page fragment @param {AbortSignal} [signal] */
export async function fragment(url, signal) {
  const answer = await call(url, { headers: { Accept: "text/html, application/json;q=0.5" }, signal });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.body;
}

/** @param {string} url @param {FormData | URLSearchParams} body @param {boolean} [keepalive] */
export async function post(url, body, keepalive = false) {
  const headers = { Accept: "application/json", "X-CSRF-Token": token() };
  const answer = await call(url, { method: "POST", body, headers, keepalive });
  return answer.status === 204 ? {} : await answer.json();
}
