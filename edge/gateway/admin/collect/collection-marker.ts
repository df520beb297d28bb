import { BrinkError } from '../../../../shared/errors/brink-error.js';
import { collectionsPrefix } from '../../../artifact-keys.js';

/** How long a deletion may take from its mark on; a marker that was left behind holds up nobody for longer. */
const markerMs = 60_000;
/** A deletion that begins has this long to arrive. */
const deletingMs = 20_000;
const pollMs = 250;
const pollsMax = 40;

/**
 * Files are deleted between two moments that every publisher can see, because a publisher may find a file of another
 * version there, send nothing, and name it a moment later. A collector raises its marker, then reads what is needed, then
 * deletes, then takes the marker away; a publisher writes its manifest, waits until no marker is up, then looks whether
 * all of its files are there. Either the collector sees the manifest, or the publisher sees the marker, or what is gone.
 * It rests on R2 answering reads and listings with all that was written before.
 */
export async function underMarker<T>(
  bucket: R2Bucket,
  work: (mayStillDelete: () => boolean) => Promise<T>,
): Promise<T> {
  const until = Date.now() + markerMs;
  const key = `${collectionsPrefix}${until}-${crypto.randomUUID()}`;
  await bucket.put(key, '');
  try {
    return await work(() => Date.now() < until - deletingMs);
  } finally {
    await bucket.delete(key);
  }
}

/** Resolves when no deletion is going on. Throws `overloaded` when one goes on for long. */
export async function noMarker(bucket: R2Bucket): Promise<void> {
  for (let poll = 0; poll < pollsMax; poll += 1) {
    const { objects } = await bucket.list({ prefix: collectionsPrefix });
    const now = Date.now();
    if (!objects.some(({ key }) => untilOf(key) > now)) return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new BrinkError('overloaded', 'files are being collected at this moment: expected it to end', {
    retryAfterMs: 5_000,
  });
}

/** Those that a collector left behind when it ended in the middle. */
export async function removeOldMarkers(bucket: R2Bucket): Promise<void> {
  const { objects } = await bucket.list({ prefix: collectionsPrefix });
  const old = objects.filter(({ key }) => untilOf(key) < Date.now() - markerMs).map(({ key }) => key);
  if (old.length > 0) await bucket.delete(old);
}

const untilOf = (key: string): number => Number(/^(\d+)-/.exec(key.slice(collectionsPrefix.length))?.[1] ?? 0);
