import { describe, expect, it } from 'vitest';
import { tryInWasm, wasmBytesMax } from '../../../scripts/inspect/try-in-wasm.js';
import { InMemory } from '../../../scripts/publish/content/in-memory.js';
import { processLimits, smallMemoryBytesMax, smallTimeoutMs } from '../../../scripts/publish/process-limits.js';
import { doubleModel } from '../../harness/onnx.js';

const gib = 1024 ** 3;

describe('the limits of a process that tries a graph', () => {
  it('are those of a small graph for a small graph, and grow with its size', () => {
    expect(processLimits(0, 64 * gib)).toEqual({ timeoutMs: smallTimeoutMs, memoryBytesMax: smallMemoryBytesMax });
    const large = processLimits(2 * gib, 64 * gib);
    expect(large.timeoutMs).toBeGreaterThan(100_000);
    expect(large.memoryBytesMax).toBe(10 * gib);
  });

  it('leave something of the machine to everybody else, and a small graph what it needs', () => {
    expect(processLimits(8 * gib, 10 * gib).memoryBytesMax).toBe(9 * gib);
    expect(processLimits(0, 2 * gib).memoryBytesMax).toBe(smallMemoryBytesMax);
  });
});

describe('a graph that wasm could not hold', () => {
  it('is not tried there, and the others are', async () => {
    const model = doubleModel().bytes;
    const large = new InMemory(new Uint8Array(1));
    Object.defineProperty(large, 'byteLength', { value: wasmBytesMax });
    const said = await tryInWasm([
      { model, externalData: { 'weights.bin': large } },
      { model, externalData: {} },
    ]);
    expect(said).toEqual([expect.stringMatching(/^it was not tried: .* more than wasm32 can hold/), null]);
  });
});
