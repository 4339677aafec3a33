// The counts beside the queue, between two answers of the server.

const UNDECIDED = "undecided"; // how the server counts reports that no model has looked at

/** The counts of a queue that one report has left. */
export function withoutOne(counts, { urgency, category }) {
  const less = (group, key) => (group[key] ? { ...group, [key]: group[key] - 1 } : group);
  return {
    ...counts,
    waiting: Math.max(0, counts.waiting - 1),
    by_urgency: less(counts.by_urgency, urgency ?? UNDECIDED),
    by_category: less(counts.by_category, category ?? UNDECIDED),
  };
}
