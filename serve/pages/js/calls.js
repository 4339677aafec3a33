// Calls of the API as whoever is signed in. What goes wrong comes as a CallError with the server's code.

import { CallError } from "./api.js";

const PATIENCE_MS = 30_000;
const CHANGES = new Set(["POST", "PUT", "PATCH", "DELETE"]);

let session = null; // a promise of the session, so that calls side by side ask once

/** Who is signed in: { account, csrf_token, actions }; null for nobody. */
export function currentSession() {
  session ??= request("/v1/session").catch((error) => {
    session = null; // ask again next time
    if (error.code === "unauthenticated" || error.code === "not_found") return null;
    throw error;
  });
  return session;
}

/** Forget who is signed in, after signing in or out. */
export const forgetSession = () => {
  session = null;
};

/** Go and sign in, and come back here afterwards. */
export function goToLogin() {
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
}

/**
 * Call the API and read its JSON; null for an answer without a body.
 * @param {string} path
 * @param {{ method?: string, body?: object, signal?: AbortSignal, keepalive?: boolean, headers?: object }} options
 */
export async function call(path, options = {}) {
  const token = CHANGES.has(options.method) ? (await currentSession())?.csrf_token : null;
  return request(path, options, token);
}

async function request(path, { method = "GET", body, signal, keepalive = false, headers = {} } = {}, token = null) {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  let answer = null;
  let read = null;
  try {
    answer = await fetch(path, {
      method,
      keepalive,
      headers: {
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(token ? { "X-CSRF-Token": token } : {}),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
    });
    read = answer.status === 204 ? null : await answer.json();
  } catch (error) {
    if (signal?.aborted) throw new CallError("cancelled");
    if (patience.aborted) throw new CallError("timed_out");
    if (answer !== null && error instanceof SyntaxError) throw new CallError("answer_unreadable");
    throw new CallError(navigator.onLine ? "network_failed" : "offline");
  }
  if (answer.ok) return read;
  if (typeof read?.code !== "string") throw new CallError("answer_unreadable");
  if (read.code === "csrf_token_missing" || read.code === "unauthenticated") forgetSession();
  throw new CallError(read.code, {
    detail: read.detail ?? null,
    requestId: read.request_id ?? null,
    retryAfter: Number.parseInt(answer.headers.get("Retry-After") ?? "", 10) || null,
  });
}
