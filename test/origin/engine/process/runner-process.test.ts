import { mkdtemp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunnerDied } from '../../../../origin/engine/process/runner-died.js';
import { readSignatures } from '../../../../origin/engine/process/start-runner.js';
import type { BatchTensor } from '../../../../origin/engine/runner.js';
import { frameBytesMax } from '../../../../origin/runner/frame.js';
import type { FixedArray, TensorData } from '../../../../shared/protocol/datatype.js';
import type { Tensor } from '../../../../shared/protocol/tensor.js';
import { systemClock } from '../../../../shared/time/clock.js';
import {
  doubleModel,
  echoModel,
  externalDoubleModel,
  reshapeModel,
  slowModel,
  unsupportedModels,
} from '../../../harness/onnx.js';
import { sampleTensors } from '../../../harness/tensors.js';
import { bits, fp32, int64 } from '../../tensors.js';
import { end, openWorkshop, runWhole, sessionOptions, type Workshop } from './workshop.js';

let shop: Workshop;
beforeAll(async () => {
  shop = await openWorkshop();
});
afterAll(() => shop.close());

const row = (n: number): Tensor => fp32('x', [1, 4], [n, n, n, n]);

describe('a runner', () => {
  it('loads several graphs and tells what they take and give, dynamic axes as -1', async () => {
    const runner = await shop.spawn();
    try {
      const graphs = {
        echo: await shop.file('echo.onnx', echoModel().bytes),
        double: await shop.file('double.onnx', doubleModel().bytes),
      };
      const signatures = await runner.load(graphs, { ...sessionOptions, threads: 2, deviceId: 0, spinning: true });
      expect(signatures).toEqual({ echo: echoModel().signature, double: doubleModel().signature });
      const { outputs } = await runWhole(runner, 'double', fp32('x', [1, 4], [1, 2, 3, 4]));
      expect([...(outputs[0]!.data as Float32Array)]).toEqual([2, 4, 6, 8]);
    } finally {
      await end(runner);
    }
  });

  it('answers with how long the run took and how much memory it has, a heartbeat with the latter', async () => {
    const runner = await shop.loaded({ slow: slowModel() });
    try {
      const [one, many] = [1, 200].map((steps) => runWhole(runner, 'slow', int64('steps', steps)));
      expect((await many)!.inferMs).toBeGreaterThan((await one)!.inferMs);
      expect((await one)!.inferMs).toBeGreaterThan(0);
      const mebibyte = 2 ** 20;
      expect((await one)!.rssBytes).toBeGreaterThan(20 * mebibyte);
      expect((await runner.ping()).rssBytes).toBeGreaterThan(20 * mebibyte);
    } finally {
      await end(runner);
    }
  });

  it('keeps the order of questions that are asked at once, also when one in the middle fails', async () => {
    const runner = await shop.loaded({ double: doubleModel(), reshape: reshapeModel() });
    try {
      const order: number[] = [];
      const asked = [1, 2, 3, 4].map(async (n) => {
        const input = n === 2 ? fp32('x', [3], [1, 2, 3]) : row(n);
        const answer = await runWhole(runner, n === 2 ? 'reshape' : 'double', input).finally(() => order.push(n));
        return (answer.outputs[0]!.data as Float32Array)[0];
      });
      const answers = await Promise.allSettled(asked);
      expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : 'failed'))).toEqual([2, 'failed', 6, 8]); // prettier-ignore
      await expect(asked[1]).rejects.toMatchObject({ code: 'model-rejected-input' });
      expect(order).toEqual([1, 2, 3, 4]);
    } finally {
      await end(runner);
    }
  });

  it('killed from outside in the middle of a run rejects it, and what waits behind it', async () => {
    const runner = await shop.loaded({ slow: slowModel() });
    const runs = [1, 1e9, 1].map((steps) => runWhole(runner, 'slow', int64('steps', steps)));
    const [, second, third] = runs.map((run) => run.catch((error: unknown) => error));
    await runs[0]; // the next has begun then
    process.kill(runner.pid, 'SIGKILL');
    const deaths = (await Promise.all([second, third])) as RunnerDied[];
    for (const death of deaths) expect(death).toBeInstanceOf(RunnerDied);
    expect(deaths.map(({ kind, message }) => [kind, message])).toEqual(
      Array.from({ length: 2 }, () => ['exit', 'the runner ended: SIGKILL']),
    );
    expect(await runner.ended).toBe('the runner ended: SIGKILL');
  });

  it('killed by us says so', async () => {
    const runner = await shop.loaded({ slow: slowModel() });
    const run = runWhole(runner, 'slow', int64('steps', 1e9));
    runner.kill();
    await expect(run).rejects.toMatchObject({ kind: 'killed' });
    expect(await runner.ended).toBe('the runner ended: killed');
  });

  it('that is gone rejects what it was asked and what it is asked, and takes its directory along', async () => {
    const scratchDir = await mkdtemp(join(shop.directory, 'scratch-'));
    const runner = await shop.spawn({ scratchDir });
    const asked = runner.ping();
    process.kill(runner.pid, 'SIGKILL');
    await expect(asked).rejects.toBeInstanceOf(RunnerDied);
    await runner.ended;
    await expect(runner.ping()).rejects.toThrow(/SIGKILL/);
    expect(await readdir(scratchDir)).toEqual([]);
  });

  it('that cannot be started rejects, too', async () => {
    const runner = await shop.spawn({ runnerJs: join(shop.directory, 'nothing.mjs') });
    await expect(runner.ping()).rejects.toBeInstanceOf(RunnerDied);
    await runner.ended;
  });

  it('ends by itself when the socket to the server closes', async () => {
    const runner = await shop.spawn();
    await runner.ping();
    runner.disconnect();
    expect(await runner.ended).toMatch(/exit status 0/);
    await expect(runner.ping()).rejects.toThrow(/exit status 0/);
  });

  it('is reached by another way where the path to its directory is too long for a socket', async () => {
    const scratchDir = join(shop.directory, 'long'.repeat(25));
    const runner = await shop.loaded({ double: doubleModel() }, { scratchDir });
    try {
      const rows = 65_536;
      const input = fp32(
        'x',
        [rows, 4],
        Array.from({ length: rows * 4 }, (_, index) => index),
      );
      const { outputs } = await runWhole(runner, 'double', input);
      const doubled = { ...input, data: (input.data as Float32Array).map((value) => 2 * value) };
      expect(bits(outputs[0]!) === bits(doubled)).toBe(true); // a megabyte: a difference would be long to show
    } finally {
      await end(runner);
    }
  });
});

/** `data` cut into three parts, the middle one of no elements. */
function cut(data: TensorData): TensorData[] {
  const at = Math.floor(data.length / 2);
  const slice = (from: number, to?: number): TensorData =>
    'buffer' in data ? (data as Uint8Array).slice(from, to) : data.slice(from, to);
  return [slice(0, at), slice(at, at), slice(at)];
}

describe('a batch in parts', () => {
  it('gives to the bit what the joined tensor gives, for each datatype', async () => {
    const runner = await shop.loaded({ echo: echoModel() });
    try {
      const joined = sampleTensors().map((tensor): Tensor => ({ ...tensor, name: `in_${tensor.datatype}` }));
      const flat = joined.map((tensor): Tensor => ({ ...tensor, shape: [tensor.data.length] }));
      const parts = flat.map(({ data, ...rest }): BatchTensor => ({ ...rest, parts: cut(data) }));
      const [fromJoined, fromParts] = await Promise.all([runWhole(runner, 'echo', ...flat), runner.run('echo', parts)]);
      expect(fromParts.outputs.map(bits)).toEqual(fromJoined.outputs.map(bits));
      expect(fromParts.outputs.map(bits)).toEqual(flat.map(bits));
      expect(fromParts.outputs).toHaveLength(13);
    } finally {
      await end(runner);
    }
  });

  it('of many rows of a megabyte in all comes back in order', async () => {
    const runner = await shop.loaded({ double: doubleModel() });
    try {
      const [rows, perPart] = [65_536, 1_024];
      const parts: FixedArray[] = [];
      for (let at = 0; at < rows; at += perPart) parts.push(new Float32Array(perPart * 4).fill(at));
      const batch: BatchTensor = { name: 'x', datatype: 'FP32', shape: [rows, 4], parts };
      const { outputs } = await runner.run('double', [batch]);
      const y = outputs[0]!.data as Float32Array;
      expect(outputs[0]!.shape).toEqual([rows, 4]);
      expect(y.every((value, index) => value === 2 * perPart * Math.floor(index / 4 / perPart))).toBe(true);
    } finally {
      await end(runner);
    }
  });

  it('over the limit of a frame is refused with both numbers, and the runner goes on', async () => {
    const runner = await shop.loaded({ double: doubleModel() });
    try {
      const part = new Float32Array(2 ** 20); // the same memory again and again: nothing is copied
      const count = frameBytesMax / part.byteLength;
      const batch: BatchTensor = {
        name: 'x',
        datatype: 'FP32',
        shape: [count * 2 ** 18, 4],
        parts: Array.from({ length: count }, () => part),
      };
      const refused = runner.run('double', [batch]);
      await expect(refused).rejects.toMatchObject({ code: 'tensor-too-large' });
      await expect(refused).rejects.toThrow(new RegExp(`at most ${frameBytesMax} bytes .* got \\d+ bytes`));
      expect((await runWhole(runner, 'double', row(1))).outputs).toHaveLength(1);
    } finally {
      await end(runner);
    }
  });
});

describe('reading signatures', () => {
  const reading = { timeoutMs: 60_000, clock: systemClock, log: () => undefined };
  const read = (graphs: Record<string, string>) => readSignatures(graphs, { ...reading, runnerJs: shop.runnerJs });

  it('gives the signature of each graph, with external data beside it', async () => {
    await shop.file('weights.bin', externalDoubleModel().externalData['weights.bin']!);
    const path = await shop.file('external.onnx', externalDoubleModel().bytes);
    expect(await read({ main: path })).toEqual({ main: doubleModel().signature });
  });

  it('refuses a file that is no model, without saying where it lies', async () => {
    const path = await shop.file('garbage.onnx', new Uint8Array(100).fill(7));
    const failed = read({ main: path });
    await expect(failed).rejects.toMatchObject({ code: 'engine-failed' });
    await expect(failed).rejects.toThrow(/^[^/]*$/);
  });

  it.each(['sequence', 'bfloat16'] as const)('refuses a %s, which the protocol does not have', async (type) => {
    const path = await shop.file(`${type}.onnx`, unsupportedModels()[type]);
    await expect(read({ main: path })).rejects.toMatchObject({ code: 'not-supported' });
  });
});
