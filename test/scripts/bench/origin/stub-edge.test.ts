import { text } from 'node:stream/consumers';
import type { ReadableStream } from 'node:stream/web';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EdgeSource } from '../../../../origin/artifacts/edge-source.js';
import { checkManifest } from '../../../../origin/artifacts/manifest-store.js';
import { EdgeClient } from '../../../../origin/release/edge-client.js';
import { matmulModel } from '../../../../scripts/bench/origin/models/matmul-model.js';
import { prepareMatmul } from '../../../../scripts/bench/origin/models/serving-model.js';
import { StubEdge } from '../../../../scripts/bench/origin/stub-edge.js';

const token = 'stub-edge-token-0123456789';
const signal = new AbortController().signal;
const first = await prepareMatmul(matmulModel(4, 1, 1));
const second = await prepareMatmul(matmulModel(4, 1, 2));
let edge: StubEdge;

beforeAll(async () => {
  edge = await StubEdge.start(token);
});
afterAll(() => edge.close());

describe('the edge of the benchmark', () => {
  it('tells the origin what is released, as the real one does', async () => {
    const client = new EdgeClient(new URL(edge.url), token);
    expect(await client.models(signal)).toEqual([]);
    expect(await edge.release(first, 'v1')).toBe(1);
    expect(await edge.release(second, 'v2')).toBe(2);
    expect(await client.models(signal)).toEqual(['matmul']);
    const { release } = await client.lease('matmul', signal);
    expect(release).toMatchObject({
      epoch: 2,
      stable: { version: 'v2', digest: second.digest },
      versions: [{ version: 'v1' }, { version: 'v2' }],
    });
  });

  it('hands out manifests and blobs by their digests', async () => {
    const source = new EdgeSource({ edgeUrl: edge.url, token });
    const manifest = await source.manifest(second.digest, signal);
    expect(await checkManifest(second.digest, manifest)).toEqual(second.manifest);
    for (const [sha256, content] of second.blobs) {
      const stream = (await source.blob(sha256, signal)) as ReadableStream;
      expect(await text(stream)).toBe(new TextDecoder().decode(await content.bytes()));
    }
  });

  it('knows nothing else, and nobody without the token', async () => {
    const client = new EdgeClient(new URL(edge.url), token);
    await expect(client.lease('other', signal)).rejects.toMatchObject({ code: 'unknown-model' });
    await expect(new EdgeClient(new URL(edge.url), 'wrong').models(signal)).rejects.toMatchObject({
      code: 'control-unreachable',
    });
  });
});
