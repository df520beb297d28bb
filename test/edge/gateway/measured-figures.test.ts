import { beforeEach, describe, expect, it } from 'vitest';
import { measurementsKey } from '../../../edge/artifact-keys.js';
import { askAgainMs, figuresMax, MeasuredFigures, planFigures } from '../../../edge/gateway/measured-figures.js';
import { measurementsBytesMax } from '../../../shared/measure/measurements.js';
import { measured } from '../../harness/measured.js';

const digest = 'a'.repeat(64);

describe('the figures that a plan begins with', () => {
  const clock = { at: 0, now: () => clock.at };
  let stored: Map<string, string>;
  let reads: string[];
  let background: Promise<unknown>[];
  let figures: MeasuredFigures;
  const get = (key: string): Promise<unknown> => {
    reads.push(key);
    const text = stored.get(key);
    if (text === 'broken') return Promise.reject(new Error('R2 is out of order'));
    const json = (): Promise<unknown> => Promise.resolve(JSON.parse(text ?? ''));
    return Promise.resolve(text === undefined ? null : { size: text.length, json });
  };
  const read = async (of = digest): Promise<ReturnType<MeasuredFigures['of']>> => {
    figures.of(of);
    await Promise.allSettled(background);
    return figures.of(of);
  };

  beforeEach(() => {
    clock.at = 0;
    stored = new Map([[measurementsKey(digest), JSON.stringify(measured(digest))]]);
    [reads, background] = [[], []];
    figures = new MeasuredFigures({
      bucket: { get } as unknown as R2Bucket,
      clock,
      background: (work) => background.push(work),
    });
  });

  it('are the start, the creations and first runs, and the runs of all graphs', async () => {
    expect(figures.of(digest)).toBeUndefined(); // the first request does not wait for them
    expect(await read()).toEqual({ loadMs: 100 + 10 + 20 + 10 + 20, runP50Ms: 6, runP95Ms: 10 });
    expect(reads).toEqual([measurementsKey(digest)]);
  });

  it('are none where the edge was not measured', () => {
    expect(planFigures({ ...measured(digest), edge: null })).toBeUndefined();
    expect(planFigures({ ...measured(digest), isolate: null })).toBeUndefined();
  });

  it.each([
    ['nothing', undefined],
    ['an error', 'broken'],
    ['no JSON', '{'],
    ['something else', '{"schema":1}'],
    ['those of another version', JSON.stringify(measured('b'.repeat(64)))],
    ['far too much', JSON.stringify({ ...measured(digest), pad: 'x'.repeat(measurementsBytesMax) })],
  ])('are none where the store has %s, and are not asked for again at once', async (_, text) => {
    if (text === undefined) stored.clear();
    else stored.set(measurementsKey(digest), text);
    expect(await read()).toBeUndefined();
    expect(await read()).toBeUndefined();
    expect(reads).toHaveLength(1);
    stored.set(measurementsKey(digest), JSON.stringify(measured(digest)));
    clock.at = askAgainMs;
    expect(await read()).toBeDefined();
  });

  it('are kept of so many versions, the oldest forgotten first', async () => {
    const digests = Array.from({ length: figuresMax + 1 }, (_, index) => index.toString(16).padStart(64, '0'));
    for (const one of digests) stored.set(measurementsKey(one), JSON.stringify(measured(one)));
    for (const one of digests) await read(one);
    expect(figures.of(digests[0] ?? '')).toBeUndefined();
    expect(figures.of(digests[1] ?? '')).toBeDefined();
  });
});
