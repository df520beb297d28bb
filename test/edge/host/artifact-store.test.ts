import { beforeEach, describe, expect, it } from 'vitest';
import { blobKey } from '../../../edge/artifact-keys.js';
import { ArtifactStore, blobCacheUrl } from '../../../edge/host/artifact-store.js';
import { sha256Hex } from '../../../shared/manifest/digest.js';

type Cached = Pick<Cache, 'match' | 'put' | 'delete'>;

describe('the artifact store', () => {
  const bytes = new TextEncoder().encode('the weights of a model');
  let ref: { sha256: string; bytes: number };
  let bucket: Map<string, Uint8Array>;
  let cached: Map<string, Uint8Array>;
  let reads: string[];
  let background: Promise<unknown>[];
  let events: { event: string; tier?: unknown }[];

  const working: Cached = {
    match: (url) => {
      const found = cached.get(url as string);
      return Promise.resolve(found && new Response(found.slice()));
    },
    put: async (url, response) => {
      cached.set(url as string, new Uint8Array(await response.arrayBuffer()));
    },
    delete: (url) => Promise.resolve(cached.delete(url as string)),
  };
  const store = (cache: Cached = working): ArtifactStore =>
    new ArtifactStore({
      bucket: {
        get: (key: string) => {
          reads.push(key);
          const found = bucket.get(key);
          return Promise.resolve(found ? { size: found.length, body: new Response(found.slice()).body } : null);
        },
      } as unknown as R2Bucket,
      cache,
      waitUntil: (work) => background.push(work),
      log: (event, fields) => events.push({ event, ...fields }),
    });

  beforeEach(async () => {
    ref = { sha256: await sha256Hex(bytes), bytes: bytes.byteLength };
    bucket = new Map([[blobKey(ref.sha256), bytes]]);
    cached = new Map();
    [reads, background, events] = [[], [], []];
  });

  it('asks R2 once and the cache from then on', async () => {
    expect(await store().get(ref)).toEqual(bytes);
    await Promise.all(background);
    expect(await store().get(ref)).toEqual(bytes);
    expect(reads).toHaveLength(1);
  });

  it.each([
    ['other bytes of the same length', new TextEncoder().encode('the weights of a modeL')],
    ['fewer bytes', bytes.slice(1)],
  ])('drops what the cache has when it is %s, says so, and asks R2', async (_, lie) => {
    cached.set(blobCacheUrl(ref.sha256), lie);
    expect(await store().get(ref)).toEqual(bytes);
    await Promise.all(background);
    expect(cached.get(blobCacheUrl(ref.sha256))).toEqual(bytes);
    expect(events).toMatchObject([{ event: 'artifact-corrupt', tier: 'cache' }]);
  });

  it('never hands out what R2 has when it is not what its digest says', async () => {
    bucket.set(blobKey(ref.sha256), bytes.slice(1));
    await expect(store().get(ref)).rejects.toMatchObject({ code: 'artifact-corrupt' });
    expect(events).toMatchObject([{ event: 'artifact-corrupt', tier: 'r2' }]);
    expect(cached.size).toBe(0);
  });

  it('says that a blob is not there', async () => {
    bucket.clear();
    await expect(store().get(ref)).rejects.toMatchObject({ code: 'artifact-unavailable' });
  });

  it('works with a cache that only throws, and says so', async () => {
    const broken = (): never => {
      throw new Error('no cache today');
    };
    const throwing = store({ match: broken, put: () => Promise.reject(new Error('full')), delete: broken });
    expect(await throwing.get(ref)).toEqual(bytes);
    await Promise.all(background);
    expect(events.map(({ event }) => event)).toEqual(['artifact-cache-failed', 'artifact-cache-failed']);
  });
});
