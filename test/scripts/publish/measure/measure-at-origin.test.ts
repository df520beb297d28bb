import { describe, expect, it } from 'vitest';
import { measureAtOrigin } from '../../../../scripts/publish/measure/measure-at-origin.js';
import { originFiguresSchema } from '../../../../shared/measure/measurements.js';
import { centringModel, doubleModel, slowModel } from '../../../harness/onnx.js';
import { heavyModel, toMeasure } from './graphs.js';

describe('measuring at the origin', () => {
  it('runs batches of 1 to 32 rows, and fits the line that the batcher starts from', async () => {
    const { m } = await measureAtOrigin({ m: toMeasure(doubleModel()) }, { shapes: { m: { x: [1_024, 4] } } });
    expect(originFiguresSchema.parse(m)).toEqual(m);
    expect(m?.shapes).toEqual({ x: [1, 4] });
    expect(m?.batches.map(({ rows }) => rows)).toEqual([1, 2, 4, 8, 16, 32]);
    for (const { rows, runMs, itemMs } of m!.batches) expect(itemMs).toBe(runMs / rows);
    expect([1, 2, 4, 8, 16, 32]).toContain(m?.knee);
    expect(m?.profile).not.toBeNull();
  });

  it('runs one size where the first axis is no batch axis', async () => {
    const found = await measureAtOrigin({ rows: toMeasure(centringModel()), fixed: toMeasure(heavyModel(1)) });
    for (const figures of Object.values(found)) {
      expect(figures).toMatchObject({ batches: [{ rows: 1 }], knee: 1, profile: null });
    }
    expect(Object.keys(found)).toEqual(['rows', 'fixed']);
  });

  it('begins no larger batch when its time is over, and leaves out what does not end', async () => {
    const short = await measureAtOrigin({ m: toMeasure(doubleModel()) }, { measureMs: -1 });
    expect(short['m']?.batches).toEqual([]);
    const steps = { name: 'steps', datatype: 'INT64' as const, shape: [1], data: BigInt64Array.of(10_000_000n) };
    const never = { m: toMeasure(slowModel(), { examples: [[steps]] }) };
    expect(await measureAtOrigin(never, { timeoutMs: 1_500 })).toEqual({});
  });
});
