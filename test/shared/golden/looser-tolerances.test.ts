import { describe, expect, it } from 'vitest';
import { goldensCount, isLooser, looserTolerances } from '../../../shared/golden/looser-tolerances.js';
import { quantizedTolerance, type Tolerance } from '../../../shared/golden/tolerance.js';
import { toleranceText } from '../../../shared/golden/tolerance-text.js';
import type { GraphEntry, Manifest } from '../../../shared/manifest/manifest.js';

const blob = { sha256: 'a'.repeat(64), bytes: 1 };
const entry = (more: Partial<GraphEntry>): GraphEntry => ({
  model: blob,
  externalData: {},
  signature: { inputs: [], outputs: [] },
  ...more,
});
const versionOf = (graphs: Manifest['graphs']): Pick<Manifest, 'graphs'> => ({ graphs });

describe('a tolerance beside the default', () => {
  it.each<[boolean, Tolerance]>([
    [false, { absolute: 1e-3, relative: 1e-3 }],
    [false, { absolute: 1e-4 }],
    [false, { relative: 1e-3 }],
    [false, { absolute: 0, cosine: 0.5 }],
    [true, { absolute: 2e-3 }],
    [true, { absolute: 1e-6, relative: 1e-2 }],
    [true, { cosine: 0.999_999 }],
    [true, quantizedTolerance],
  ])('is looser than that of floats: %s for %o', (looser, tolerance) => {
    expect(isLooser(tolerance)).toBe(looser);
  });

  it.each<[boolean, Tolerance]>([
    [false, { cosine: 0.99, top1: 0.98 }],
    [false, { cosine: 1, top1: 1, absolute: 100 }],
    [true, { cosine: 0.98, top1: 1 }],
    [true, { cosine: 1 }],
    [true, { absolute: 0 }],
  ])('is looser than that of quantized graphs: %s for %o', (looser, tolerance) => {
    expect(isLooser(tolerance, quantizedTolerance)).toBe(looser);
  });

  it('is told with its graph, its output and its bounds, and only where it is looser', () => {
    const tolerances = { a: { absolute: 1e-4 }, b: { cosine: 0.95, top1: 0.9 }, c: { absolute: 0.01, relative: 0.1 } };
    expect(looserTolerances(versionOf({ main: entry({ tolerances }), other: entry({}) }))).toEqual([
      'main.b: cosine 0.95, top-1 0.9',
      'main.c: 0.01 absolute or 0.1 relative',
    ]);
    expect(toleranceText({ absolute: 1e-3, cosine: 0.5 })).toBe('0.001 absolute, cosine 0.5');
  });
});

describe('the goldens of a version', () => {
  it('are counted over its graphs', () => {
    expect(
      goldensCount(versionOf({ a: entry({ goldens: [blob, blob] }), b: entry({}), c: entry({ goldens: [blob] }) })),
    ).toBe(3);
  });
});
