/** Cumulative counts of a Prometheus histogram by their upper bounds, ascending; the last is +Inf. */
export type Buckets = readonly { readonly upTo: number; readonly count: number }[];

/** The buckets of a histogram without labels of its own, or the sum over all labels; empty when it is not there. */
export function bucketsOf(text: string, name: string): Buckets {
  const counts = new Map<number, number>();
  for (const line of text.split('\n')) {
    if (!line.startsWith(`${name}_bucket{`)) continue;
    const [, le = '', value = ''] = /[{,]le="([^"]+)".*\} (\S+)/.exec(line) ?? [];
    const upTo = le === '+Inf' ? Infinity : Number(le);
    counts.set(upTo, (counts.get(upTo) ?? 0) + Number(value));
  }
  return [...counts].map(([upTo, count]) => ({ upTo, count })).sort((a, b) => a.upTo - b.upTo);
}

/** What was added between two scrapes. */
export const addedTo = (before: Buckets, after: Buckets): Buckets =>
  after.map(({ upTo, count }, index) => ({ upTo, count: count - (before[index]?.count ?? 0) }));

/** As `histogram_quantile` has it: linear within its bucket; in the last one its lower bound. NaN of nothing. */
export function bucketQuantile(buckets: Buckets, q: number): number {
  const rank = q * (buckets.at(-1)?.count ?? 0);
  if (rank === 0) return NaN;
  const index = buckets.findIndex(({ count }) => count >= rank);
  const [below, at] = [buckets[index - 1] ?? { upTo: 0, count: 0 }, buckets[index]];
  if (at === undefined || at.upTo === Infinity) return below.upTo;
  return below.upTo + ((at.upTo - below.upTo) * (rank - below.count)) / (at.count - below.count);
}
