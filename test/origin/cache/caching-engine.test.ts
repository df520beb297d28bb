import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CacheEvent } from '../../../origin/cache/cache-event.js';
import { CachingEngine } from '../../../origin/cache/caching-engine.js';
import type { Target } from '../../../shared/engine/engine.js';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { InferRequest } from '../../../shared/protocol/infer.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { Deadline } from '../../../shared/time/deadline.js';
import { sampleTensors } from '../../harness/tensors.js';
import { makeVersion } from '../../harness/versions.js';
import { ManualEngine } from './manual-engine.js';

const clock = { now: () => 0 };
const deadline = new Deadline(clock, 60_000);
const floats = (name: string, ...values: number[]): Tensor => ({
  name,
  datatype: 'FP32',
  shape: [values.length],
  data: Float32Array.from(values),
});
const ask = (...inputs: Tensor[]): InferRequest => ({ id: undefined, parameters: {}, inputs, outputs: undefined });

let target: Target;
let second: Target;
beforeAll(async () => {
  target = (await makeVersion({}, { inferGraph: 'main' })).target;
  second = (await makeVersion({}, { inferGraph: 'main', deadlineMs: 9_999 }, 'v2')).target;
});

let engine: ManualEngine;
let events: CacheEvent[];
let bytesMax: number;
let cached: CachingEngine;
beforeEach(() => {
  engine = new ManualEngine();
  events = [];
  bytesMax = 2 ** 20;
  cached = new CachingEngine({
    engine,
    bytesMaxOf: () => bytesMax,
    observe: (event) => events.push(event),
    nowMs: () => 0,
  });
});
const kinds = (): string[] => events.map(({ kind }) => kind);

/** Asks and lets the run, if there is one, end with `outputs`. */
async function answered(request: InferRequest, outputs: readonly Tensor[], of = target): Promise<readonly Tensor[]> {
  const before = engine.runs.length;
  const answer = cached.infer(of, request, deadline);
  if (engine.runs.length > before) engine.last.resolve(outputs);
  return answer;
}

describe('the response cache', () => {
  it('runs what it has not seen and answers what it has, for all datatypes', async () => {
    const outputs = sampleTensors('out_');
    await answered(ask(...sampleTensors()), outputs);
    const again = await answered(ask(...sampleTensors()), []);
    expect(again).toEqual(outputs);
    expect(engine.runs).toHaveLength(1);
    expect(kinds()).toEqual(['cache-miss', 'cache-hit']);
    expect(events[0]?.of).toEqual({ model: 'test', version: 'v1', digest: target.digest });
  });

  it.each(sampleTensors().map((tensor) => [tensor.datatype, tensor] as const))(
    'tells requests apart that differ in one element of %s',
    async (_, tensor) => {
      const data = tensor.data.slice();
      if (ArrayBuffer.isView(data)) (data as Uint8Array).set((data as Uint8Array).subarray(0, 1), 1);
      else data[1] = 'another';
      await answered(ask(tensor), [floats('y', 1)]);
      expect(await answered(ask({ ...tensor, data }), [floats('y', 2)])).toEqual([floats('y', 2)]);
    },
  );

  it('tells requests apart that differ in shape, datatype, name, the cut of texts, or the version', async () => {
    const text = (...data: string[]): Tensor => ({ name: 't', datatype: 'BYTES', shape: [data.length], data });
    const x = floats('x', 1, 2);
    const different: [InferRequest, Target][] = [
      [ask(x), target],
      [ask({ ...x, shape: [2, 1] }), target],
      [ask({ ...x, datatype: 'INT32', data: new Int32Array((x.data as Float32Array).buffer) }), target],
      [ask({ ...x, name: 'z' }), target],
      [ask(x), second],
      [ask(text('ab', 'c')), target],
      [ask(text('a', 'bc')), target],
      [ask(text('\ud800', 'c')), target],
      [ask(text('\ud801', 'c')), target],
    ];
    for (const [index, [request, of]] of different.entries()) {
      expect(await answered(request, [floats('y', index)], of)).toEqual([floats('y', index)]);
    }
    expect(engine.runs).toHaveLength(different.length);
  });

  it('takes the same inputs in another order, or on other memory, for the same', async () => {
    const [a, b] = [floats('a', 1), floats('b', 2)];
    await answered(ask(a, b), [floats('y', 1)]);
    const elsewhere = new Float32Array([0, 1]).subarray(1);
    await answered(ask(b, { ...a, data: elsewhere }), []);
    expect(engine.runs).toHaveLength(1);
  });

  it('gives each request memory of its own, also those that share a run', async () => {
    const request = ask(floats('x', 1));
    const together = [cached.infer(target, request, deadline), cached.infer(target, request, deadline)];
    const batch = Float32Array.of(9, 7, 9);
    engine.last.resolve([{ ...floats('y', 7), data: batch.subarray(1, 2) }]);
    const all = [...(await Promise.all(together)), await answered(request, [])];
    for (const [output] of all) {
      expect(output?.data).toEqual(Float32Array.of(7));
      (output?.data as Float32Array)[0] = -1;
    }
    batch.fill(0);
    const [kept] = await answered(request, []);
    expect(kept?.data).toEqual(Float32Array.of(7));
    expect((kept?.data as Float32Array).buffer.byteLength).toBe(4); // not the batch that it was cut from
  });

  it('never keeps predictions, and nothing of a model that is not set to it', async () => {
    expect(await cached.predict(target, { body: new Uint8Array(), contentType: 'text/plain', parameters: {} } as never, deadline)).toBe('predicted'); // prettier-ignore
    bytesMax = 0;
    await answered(ask(floats('x', 1)), [floats('y', 1)]);
    await answered(ask(floats('x', 1)), [floats('y', 1)]);
    expect([engine.predictions, engine.runs.length, events, cached.snapshot()]).toEqual([1, 2, [], []]);
  });
});

describe('the bound of the response cache', () => {
  const values = 1_000; // 4,000 bytes and about 512 more for the objects
  const output = (value: number): Tensor => floats('y', ...new Array<number>(values).fill(value));

  it('holds by dropping what was used least recently', async () => {
    bytesMax = 8 * 4_600;
    for (let n = 0; n < 8; n += 1) await answered(ask(floats('x', n)), [output(n)]);
    await answered(ask(floats('x', 0)), []);
    for (let n = 8; n < 11; n += 1) await answered(ask(floats('x', n)), [output(n)]);
    const [held] = cached.snapshot();
    expect(held).toMatchObject({ of: { model: 'test', version: 'v1' }, entries: 8 });
    expect(held?.bytes).toBeLessThanOrEqual(bytesMax);
    const runs = engine.runs.length;
    await answered(ask(floats('x', 0)), []); // used again meanwhile
    expect(engine.runs).toHaveLength(runs);
    await answered(ask(floats('x', 1)), [output(1)]);
    expect(engine.runs).toHaveLength(runs + 1);
  });

  it('keeps no answer that is larger than an eighth of it', async () => {
    bytesMax = 8 * 4_600;
    const twice = [output(1), output(2)];
    for (let n = 0; n < 2; n += 1) await answered(ask(floats('x', 1)), twice);
    expect([engine.runs.length, cached.snapshot()]).toEqual([2, []]);
  });

  it('counts bytes and entries so that nothing is left when all is dropped', async () => {
    for (let n = 0; n < 20; n += 1) {
      await answered(ask(floats('x', n % 13)), [output(n)], n % 2 === 0 ? target : second);
    }
    expect(cached.snapshot().map(({ entries }) => entries)).toEqual([10, 10]);
    cached.forget(target.digest);
    expect(cached.snapshot().map(({ of }) => of.version)).toEqual(['v2']);
    cached.keepOnly(new Set());
    expect(cached.snapshot()).toEqual([]);
  });
});

describe('a version that is dropped from the response cache', () => {
  it('answers from the cache no more, while others do', async () => {
    for (const of of [target, second]) await answered(ask(floats('x', 1)), [floats('y', 1)], of);
    cached.keepOnly(new Set([second.digest]));
    await answered(ask(floats('x', 1)), [], second);
    expect(engine.runs).toHaveLength(2);
    await answered(ask(floats('x', 1)), [floats('y', 1)]);
    expect(engine.runs).toHaveLength(3);
  });

  it('keeps nothing of a run that was under way, and lets nobody join it', async () => {
    const first = cached.infer(target, ask(floats('x', 1)), deadline);
    cached.forget(target.digest);
    const next = cached.infer(target, ask(floats('x', 1)), deadline);
    expect(engine.runs).toHaveLength(2);
    engine.runs[0]?.resolve([floats('y', 1)]);
    expect(await first).toEqual([floats('y', 1)]);
    expect(cached.snapshot()).toEqual([]);
    engine.runs[1]?.resolve([floats('y', 2)]);
    expect(await next).toEqual([floats('y', 2)]);
    expect(await answered(ask(floats('x', 1)), [])).toEqual([floats('y', 2)]);
  });
});

describe('identical requests at the same time', () => {
  const request = ask(floats('x', 1));

  it('share one run', async () => {
    const three = [1, 2, 3].map(() => cached.infer(target, request, deadline));
    engine.last.resolve([floats('y', 1)]);
    expect(await Promise.all(three)).toEqual([[floats('y', 1)], [floats('y', 1)], [floats('y', 1)]]);
    expect(engine.runs).toHaveLength(1);
    expect(kinds().sort()).toEqual(['cache-joined', 'cache-joined', 'cache-miss']);
  });

  it('all hear of a failure, which is not kept', async () => {
    const two = [1, 2].map(() => cached.infer(target, request, deadline));
    engine.last.reject(new BrinkError('engine-failed', 'broken'));
    for (const one of two) await expect(one).rejects.toMatchObject({ code: 'engine-failed' });
    expect(await answered(request, [floats('y', 1)])).toEqual([floats('y', 1)]);
    expect(engine.runs).toHaveLength(2);
  });

  it('go on when one leaves, and the run is called off when all have left', async () => {
    const leavers = [new AbortController(), new AbortController()];
    const [first, next] = leavers.map(({ signal }) => cached.infer(target, request, deadline, { priority: 1, signal }));
    leavers[0]?.abort();
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    expect([engine.last.caller?.priority, engine.last.caller?.signal?.aborted]).toEqual([1, false]);
    leavers[1]?.abort();
    await expect(next).rejects.toMatchObject({ code: 'cancelled' });
    expect(engine.last.caller?.signal?.aborted).toBe(true);
    const later = cached.infer(target, request, deadline);
    expect(engine.runs).toHaveLength(2); // nobody joins what was called off
    engine.last.resolve([floats('y', 1)]);
    expect(await later).toEqual([floats('y', 1)]);
  });

  it('that leave before they begin go to the engine as they are', () => {
    const signal = AbortSignal.abort();
    void cached.infer(target, request, deadline, { priority: 0, signal });
    expect(engine.last.caller?.signal).toBe(signal);
  });

  it.each(['deadline-exceeded', 'overloaded'] as const)(
    'run on their own when the first fails with %s and they have time left',
    async (code) => {
      const first = cached.infer(target, request, new Deadline(clock, 1));
      const next = cached.infer(target, request, deadline);
      engine.last.reject(new BrinkError(code, 'too late'));
      await expect(first).rejects.toMatchObject({ code });
      await expect.poll(() => engine.runs.length).toBe(2);
      expect(engine.last.deadline).toBe(deadline);
      engine.last.resolve([floats('y', 1)]);
      expect(await next).toEqual([floats('y', 1)]);
    },
  );

  it('wait for one another no longer than their own deadline', async () => {
    const first = cached.infer(target, request, deadline);
    const short = cached.infer(target, request, new Deadline(clock, 0));
    await expect(short).rejects.toMatchObject({ code: 'deadline-exceeded' });
    engine.last.resolve([floats('y', 1)]);
    expect(await first).toEqual([floats('y', 1)]);
  });
});
