import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../shared/manifest/canonical.js';
import { manifestDigest, sha256Hex } from '../../../shared/manifest/digest.js';
import { blobsOf, type Manifest, manifestSchema } from '../../../shared/manifest/manifest.js';

const blob = (letter: string) => ({ sha256: letter.repeat(64), bytes: 1 });
const signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
};
const manifest: Manifest = manifestSchema.parse({
  schema: 1,
  model: 'm',
  graphs: {
    b: { model: blob('b'), externalData: { 'w.bin': blob('e') }, signature },
    a: { model: blob('a'), signature },
  },
  inferGraph: 'a',
  handler: { name: 'h', version: 1 },
  files: { labels: blob('a') },
  settings: { x: [1, { z: null, y: 'ü' }] },
  placement: { tiers: ['edge'] },
  batching: null,
  deadlineMs: 100,
});

describe('canonical JSON', () => {
  it('has one spelling per value: keys sorted, no white space, undefined left out', () => {
    expect(canonicalJson({ b: 1, a: [true, null, 'ü\n'], c: undefined, B: { z: -0.5, y: 1e21 } })).toBe(
      '{"B":{"y":1e+21,"z":-0.5},"a":[true,null,"ü\\n"],"b":1}',
    );
  });
});

describe('a manifest', () => {
  it('has the same digest whatever the order of its members', async () => {
    const shuffled = Object.fromEntries(Object.entries(manifest).reverse()) as Manifest;
    shuffled.graphs = Object.fromEntries(Object.entries(manifest.graphs).reverse());
    expect(await manifestDigest(shuffled)).toBe(await manifestDigest(manifest));
  });

  it('has the SHA-256 of its canonical form as its digest, and another one for another setting', async () => {
    const text = canonicalJson(manifest);
    expect(await manifestDigest(manifest)).toBe(await sha256Hex(new TextEncoder().encode(text)));
    expect(await manifestDigest({ ...manifest, settings: {} })).not.toBe(await manifestDigest(manifest));
  });

  it('names every blob once', () => {
    expect(blobsOf(manifest).map(({ sha256 }) => sha256[0]).sort()).toEqual(['a', 'b', 'e']); // prettier-ignore
  });

  it.each([
    ['another schema', { schema: 2 }],
    ['an unknown member', { measuredMs: 5 }],
    ['a digest in capitals', { files: { labels: { sha256: 'A'.repeat(64), bytes: 1 } } }],
    ['a file name that climbs', { files: { '../x': blob('a') } }],
    ['no tier', { placement: { tiers: [] } }],
    ['a deadline over the limit', { deadlineMs: 120_001 }],
    ['negative bytes', { files: { labels: { sha256: 'a'.repeat(64), bytes: -1 } } }],
  ])('with %s is refused', (_, change) => {
    expect(manifestSchema.safeParse({ ...manifest, ...change }).success).toBe(false);
  });
});

describe('SHA-256', () => {
  it('is that of FIPS 180-4', async () => {
    expect(await sha256Hex(new TextEncoder().encode('abc'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});

describe('padding', () => {
  it('is for versions that are placed at the origin alone: the edge does not pad', () => {
    const batching = { maxBatch: 8, padding: [{ input: 'x', axis: 1, multipleOf: 32 }] };
    const of = (tiers: readonly string[]) => manifestSchema.safeParse({ ...manifest, batching, placement: { tiers } });
    expect(of(['origin']).success).toBe(true);
    expect(of(['origin', 'edge']).error?.issues[0]).toMatchObject({
      path: ['batching', 'padding'],
      message: expect.stringContaining('placed at the origin alone') as string,
    });
  });
});
