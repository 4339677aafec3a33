// What the review page asks of the API.

import { call } from "../calls.js";

export const PAGE_SIZE = 30;

/** One page of the queue: { reports, next, counts }. */
export function fetchQueue(filters, after = null) {
  const query = new URLSearchParams({ limit: PAGE_SIZE });
  for (const [name, value] of Object.entries(filters)) if (value) query.set(name, value);
  if (after) query.set("after", after);
  return call(`/v1/queue?${query}`);
}

/** @param {string} id also from the page's own address, which anybody may have written */
export const fetchReport = (id) => call(`/v1/reports/${encodeURIComponent(id)}`);

export const fetchHistory = async (id) => (await call(`/v1/reports/${id}/history`)).events;

/** Boxes of the last decision on a report, photo by photo; null where there is none that the reader may see. */
export async function fetchDecidedBoxes(id) {
  const { reviews } = await call(`/v1/reports/${id}/reviews`);
  return reviews.findLast(({ kind }) => kind === "first")?.boxes ?? null;
}

/** Labels of the model in service: { name, hazard, names }. */
export async function fetchLabels() {
  const { models } = await call("/v1/models");
  return models.find(({ active }) => active)?.labels ?? [];
}

/** claim, release, review or reopen; returns the report as it is then. */
export const act = (id, verb, body, options = {}) => call(`/v1/reports/${id}/${verb}`, { method: "POST", body, ...options });
