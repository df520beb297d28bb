import { type Retained, retain, type RetentionPolicy } from '../../shared/release/retention.js';
import type { AdminClient } from '../client/admin-client.js';
import { RemoteError } from '../client/remote-error.js';
import { withRetries } from '../client/with-retries.js';

export interface CollectOptions extends RetentionPolicy {
  /** False: tells what would go. */
  readonly delete: boolean;
  readonly why: string;
  readonly nowMs: number;
  readonly onProgress?: ((text: string) => void) | undefined;
}

export interface CollectedVersion extends Retained {
  readonly model: string;
  /** Of its files, shared ones included. */
  readonly bytes: number;
}

export interface CollectedFiles {
  readonly files: number;
  readonly bytes: number;
}

export interface Collected {
  readonly deleted: boolean;
  /** Those that go; they are retired where files are deleted. */
  readonly versions: readonly CollectedVersion[];
  readonly keptVersions: number;
  /** By what they are: `blobs`, `manifests`, `measurements`, `signatures`, `parts`. */
  readonly removed: Readonly<Record<string, CollectedFiles>>;
  readonly bytes: number;
}

/**
 * Retires the versions that no rule keeps, then deletes what no release needs any more. What goes wrong in between leaves
 * nothing half done: whatever is named is whole, and the next time goes on from there.
 */
export async function collectGarbage(client: AdminClient, options: CollectOptions): Promise<Collected> {
  const all = await retainedOf(client, options);
  const going = all.filter(({ kept }) => kept === null);
  const versions = options.delete ? await retireAll(client, going, options) : going;
  const removed: Record<string, CollectedFiles> = {};
  const without = options.delete ? [] : versions.map(({ model, version }) => ({ model, version }));
  let scanned = 0;
  for (let cursor: string | null = null, isOver = false; !isOver;) {
    const answer = await withRetries(() => client.collect({ delete: options.delete, cursor, without }));
    if (answer.state === 'reading') {
      options.onProgress?.(`read ${answer.known} of ${answer.of} manifests`);
      continue;
    }
    for (const { key, bytes } of answer.objects) {
      const kind = key.split('/')[0] ?? key;
      const { files, bytes: before } = removed[kind] ?? { files: 0, bytes: 0 };
      removed[kind] = { files: files + 1, bytes: before + bytes };
    }
    options.onProgress?.(`looked at ${(scanned += answer.scanned)} files`);
    cursor = answer.cursor;
    isOver = cursor === null;
  }
  const bytes = Object.values(removed).reduce((sum, one) => sum + one.bytes, 0);
  return { deleted: options.delete, versions, keptVersions: all.length - versions.length, removed, bytes };
}

async function retainedOf(client: AdminClient, policy: CollectOptions): Promise<CollectedVersion[]> {
  const all: CollectedVersion[] = [];
  for (const { model } of await client.models()) {
    const [ages, { versions }] = [await client.ages(model), await client.versions(model)];
    const bytesOf = new Map(versions.map(({ version, bytes }) => [version, bytes]));
    for (const one of retain(ages, policy, policy.nowMs)) {
      all.push({ model, bytes: bytesOf.get(one.version) ?? 0, ...one });
    }
  }
  return all;
}

/** Those that could be retired: one that came to be served, or is gone already, is left alone. */
async function retireAll(
  client: AdminClient,
  going: readonly CollectedVersion[],
  { why, onProgress }: CollectOptions,
): Promise<CollectedVersion[]> {
  const retired: CollectedVersion[] = [];
  for (const one of going) {
    try {
      await client.retire(one.model, one.version, why);
      onProgress?.(`retired ${one.model} ${one.version}`);
      retired.push(one);
    } catch (error) {
      if (!(error instanceof RemoteError) || !leftAlone.has(error.code)) throw error;
    }
  }
  return retired;
}

const leftAlone: ReadonlySet<string> = new Set(['version-in-use', 'unknown-version']);
