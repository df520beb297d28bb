import { digestOfKey, sweptPrefixes } from '../../../artifact-keys.js';
import type { Needed } from './mark.js';

/** One listing of R2. */
const pageObjects = 500;

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
}

export interface Page {
  readonly scanned: number;
  /** What nobody needed when it was listed and is older than the grace. */
  readonly candidates: readonly StoredObject[];
  /** Null after the last page. */
  readonly cursor: string | null;
}

/** Whether something that is stored is needed. What is not one of ours by its name is. */
export function isNeeded(key: string, needed: Needed): boolean {
  const place = sweptPrefixes.find(({ prefix }) => key.startsWith(prefix));
  const digest = digestOfKey(key);
  if (place === undefined || digest === undefined) return true;
  switch (place.of) {
    case 'blob':
      return needed.blobs.has(digest);
    case 'version':
      return needed.versions.has(digest);
    case 'part':
      return false; // only its age keeps it: parts that are joined are gone already
  }
}

/** One page of what is stored, all prefixes one after another. */
export async function listPage(
  bucket: R2Bucket,
  needed: Needed,
  { cursor, beforeMs }: { readonly cursor: string | null; readonly beforeMs: number },
): Promise<Page> {
  const [, index = '0', at = ''] = /^(\d):(.*)$/.exec(cursor ?? '0:') ?? [];
  const place = sweptPrefixes[Number(index)];
  if (place === undefined) return { scanned: 0, candidates: [], cursor: null };
  const page = await bucket.list({ prefix: place.prefix, limit: pageObjects, ...(at === '' ? {} : { cursor: at }) });
  const next = page.truncated ? `${index}:${page.cursor}` : `${Number(index) + 1}:`;
  return {
    scanned: page.objects.length,
    candidates: page.objects
      .filter(({ key, uploaded }) => uploaded.getTime() < beforeMs && !isNeeded(key, needed))
      .map(({ key, size }) => ({ key, bytes: size })),
    cursor: !page.truncated && Number(index) + 1 >= sweptPrefixes.length ? null : next,
  };
}
