import { describe, expect, it } from 'vitest';
import { definitionSchema } from '../../../../models/define.js';
import { defaultBudget } from '../../../../scripts/publish/measure/measured.js';
import { planBasis } from '../../../../scripts/publish/plan/plan-basis.js';
import { type Manifest, manifestSchema } from '../../../../shared/manifest/manifest.js';

const ref = { sha256: 'a'.repeat(64), bytes: 1 };
const spec = { name: 'x', datatype: 'FP32', shape: [-1] } as const;
const manifest = manifestSchema.parse({
  schema: 1,
  model: 'a',
  graphs: { main: { model: ref, signature: { inputs: [spec], outputs: [{ ...spec, name: 'y' }] }, goldens: [ref] } },
  inferGraph: 'main',
  handler: null,
  files: {},
  settings: {},
  placement: { tiers: ['edge', 'origin'] },
  batching: null,
  deadlineMs: 1_000,
});
const definition = definitionSchema.parse({ name: 'a', graphs: { main: { from: 'a.onnx' } } });
const graphOf = (more: object): Manifest => ({
  ...manifest,
  graphs: { main: { ...manifest.graphs['main']!, ...more } },
});
const basis = planBasis(manifest, definition, defaultBudget);

describe('what a plan rests on', () => {
  it.each<[string, Parameters<typeof planBasis>]>([
    ['the graph', [graphOf({ model: { ...ref, sha256: 'b'.repeat(64) } }), definition, defaultBudget]],
    ['the goldens', [graphOf({ goldens: [] }), definition, defaultBudget]],
    ['the tolerances', [graphOf({ tolerances: { y: { cosine: 0.9 } } }), definition, defaultBudget]],
    ['the wish', [{ ...manifest, placement: { tiers: ['origin'] } }, definition, defaultBudget]],
    ['the largest shapes', [manifest, { ...definition, graphs: { main: { ...definition.graphs['main']!, largest: { x: [9] } } } }, defaultBudget]], // prettier-ignore
    ['the latency', [manifest, { ...definition, edgeLatencyMs: 5 }, defaultBudget]],
    ['the heap', [manifest, definition, { ...defaultBudget, heapBytes: 1 }]],
    ['the isolate', [manifest, definition, { ...defaultBudget, isolateBytes: 1 }]],
  ])('changes with %s', async (_, changed) => {
    expect(await planBasis(...changed)).not.toBe(await basis);
  });

  it('does not change with what decides nothing', async () => {
    const other = { ...manifest, deadlineMs: 5_000, settings: { a: 1 }, files: { labels: ref }, model: 'b' };
    expect(await planBasis(other, definition, defaultBudget)).toBe(await basis);
  });
});
