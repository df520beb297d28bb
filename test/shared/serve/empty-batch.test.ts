import { describe, expect, it } from 'vitest';
import type { Engine, Target } from '../../../shared/engine/engine.js';
import { defaultLimits } from '../../../shared/protocol/limits.js';
import type { Call } from '../../../shared/serve/call.js';
import { runCall } from '../../../shared/serve/run-call.js';
import { Deadline } from '../../../shared/time/deadline.js';
import { jsonBody } from '../protocol/request-body.js';

/** Asks a model of one FP32 input of this signature for an input of this shape; gives how many runs there were. */
async function runsFor(signature: number[], shape: number[]): Promise<number> {
  let runs = 0;
  const infer: Engine['infer'] = (_, { inputs }) => {
    runs += 1;
    return Promise.resolve(inputs);
  };
  const spec = { name: 'x', datatype: 'FP32', shape: signature };
  const graph = { signature: { inputs: [spec], outputs: [spec] } };
  const target = { version: 'v1', manifest: { model: 'm', inferGraph: 'main', graphs: { main: graph } } };
  const body = jsonBody({ inputs: [{ ...spec, shape, data: new Array(shape.reduce((a, b) => a * b, 1)).fill(0) }] });
  const call = { kind: 'infer', body, deadline: new Deadline({ now: () => 0 }, 1_000), deadlineGiven: true };
  await runCall(call as unknown as Call, target as unknown as Target, {
    engine: { infer } as unknown as Engine,
    limits: defaultLimits,
    handlers: new Map(),
  });
  return runs;
}

describe('a batch of nothing', () => {
  it.each([
    [
      [-1, 4],
      [0, 4],
    ],
    [
      [-1, -1, 8],
      [0, 2, 8],
    ],
    [
      [-1, 2],
      [0, 2],
    ],
  ])('of signature %j is refused as %j before it is run', async (signature, shape) => {
    await expect(runsFor(signature, shape)).rejects.toMatchObject({
      code: 'wrong-shape',
      message: `expected a batch of at least 1 for input "x", got shape [${shape.join(', ')}]`,
    });
  });

  it.each([
    [[-1], [0]],
    [
      [-1, -1],
      [1, 0],
    ],
    [[], []],
    [
      [-1, 4],
      [1, 4],
    ],
  ])('is none of signature %j as %j', async (signature, shape) => {
    expect(await runsFor(signature, shape)).toBe(1);
  });
});
