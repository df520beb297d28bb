import { describe, expect, it } from 'vitest';
import { isTrap, OrtRuntime, type OrtSession } from '../../../edge/host/ort-runtime.js';
import type { StartedOrt } from '../../../edge/host/ort-start.js';
import { RunQueue } from '../../../edge/host/run-queue.js';
import { systemClock } from '../../../shared/time/clock.js';
import { Deadline } from '../../../shared/time/deadline.js';

const started = { ort: {}, heapBytes: () => 16 } as unknown as StartedOrt;
const queue = (): RunQueue => new RunQueue(() => Promise.resolve());
const soon = (): Deadline => new Deadline(systemClock, 10_000);
const failing = (error: Error): OrtSession => ({ run: () => Promise.reject(error) }) as unknown as OrtSession;

describe('the ORT runtime', () => {
  it('starts once for all who ask, and again when the start failed', async () => {
    let starts = 0;
    const runtime = new OrtRuntime(() => {
      starts += 1;
      return starts === 1 ? Promise.reject(new Error('no wasm')) : Promise.resolve(started);
    }, queue());
    const first = await Promise.allSettled([runtime.start(), runtime.start()]);
    expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(starts).toBe(1);
    expect(runtime.heapBytes).toBe(0);
    await runtime.start();
    await runtime.start();
    expect(starts).toBe(2);
    expect(runtime.heapBytes).toBe(16);
  });

  it('runs nothing more after a trap: the heap may be in any state', async () => {
    const runtime = new OrtRuntime(() => Promise.resolve(started), queue());
    const trap = new WebAssembly.RuntimeError('unreachable');
    await expect(runtime.run(failing(trap), {}, soon())).rejects.toMatchObject({ code: 'engine-failed' });
    expect(runtime.broken).toBe(true);
    let ran = false;
    const fine = { run: () => Promise.resolve((ran = true)) } as unknown as OrtSession;
    await expect(runtime.run(fine, {}, soon())).rejects.toMatchObject({ code: 'engine-failed' });
    await expect(runtime.start()).rejects.toMatchObject({ code: 'engine-failed' });
    expect(ran).toBe(false);
  });

  it('goes on after running out of heap and after a refused input', async () => {
    const runtime = new OrtRuntime(() => Promise.resolve(started), queue());
    const full = new Error('failed to call OrtRun(). ERROR_CODE: 6, ERROR_MESSAGE: std::bad_alloc');
    await expect(runtime.run(failing(full), {}, soon())).rejects.toMatchObject({ code: 'heap-exhausted' });
    expect(runtime.broken).toBe(false);
  });

  it('tells traps from errors', () => {
    expect([new WebAssembly.RuntimeError('x'), new RangeError('Maximum call stack size exceeded'), 4_711].map(isTrap)).toEqual([true, true, true]); // prettier-ignore
    expect([new Error('std::bad_alloc'), new RangeError('Array buffer allocation failed'), 'text'].map(isTrap)).toEqual([false, false, false]); // prettier-ignore
  });
});
