/** `10.8 MB`: decimal units, as the limits are. */
export function humanBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let figure = bytes;
  let unit = 0;
  while (figure >= 999.5 && unit < units.length - 1) {
    figure /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || figure >= 99.95 ? Math.round(figure) : figure.toFixed(1)} ${units[unit] ?? ''}`;
}

const digestLengthShown = 12;

export const shortDigest = (digest: string): string => digest.slice(0, digestLengthShown);

/** `2 min ago` needs a clock and goes stale in a log: the time itself, in UTC, to the second. */
export const humanTime = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')}Z`;

export const humanMs = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);

export const plural = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;
