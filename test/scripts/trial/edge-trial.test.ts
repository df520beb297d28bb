import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { InMemory } from '../../../scripts/publish/content/in-memory.js';
import type { GraphBytes } from '../../../scripts/publish/throw-away-runner.js';
import type { EdgeTrial, EdgeTrialOptions } from '../../../scripts/trial/edge-trial.js';
import { startEdgeTrial } from '../../../scripts/trial/start-edge-trial.js';
import type { BrinkError } from '../../../shared/errors/brink-error.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { bundleWorker } from '../../harness/edge.js';
import {
  doubleModel, echoModel, externalDoubleModel, gatherModel, hogModel, slowModel, type TestModel,
} from '../../harness/onnx.js'; // prettier-ignore

const mib = 1024 * 1024;
const trials: EdgeTrial[] = [];
afterEach(async () => {
  for (const trial of trials.splice(0)) await trial.close();
});

async function start(options: EdgeTrialOptions = {}): Promise<EdgeTrial> {
  const trial = await startEdgeTrial({ ...options, bundle: await bundleWorker('scripts/trial/worker/worker.ts') });
  trials.push(trial);
  return trial;
}

const graphOf = ({ bytes, externalData }: TestModel): GraphBytes => ({
  file: 'm.onnx',
  model: bytes,
  externalData: Object.fromEntries(Object.entries(externalData).map(([name, data]) => [name, new InMemory(data)])),
});

const four: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 4], data: Float32Array.of(1, 2, 3, 4) };
const integer = (name: string, value: number): Tensor => ({
  name,
  datatype: 'INT64',
  shape: [1],
  data: BigInt64Array.of(BigInt(value)),
});
const asIs = { optimised: false };

describe('a trial at the edge', () => {
  it('runs graphs with weights inside and beside them, each by its name, and says what they took', async () => {
    const trial = await start();
    const loaded = await trial.load('double', graphOf(doubleModel()), asIs);
    await trial.load('triple', graphOf(externalDoubleModel('w.bin', 3)), { optimised: true });
    const runs = await trial.run('double', [four], { times: 3 });
    expect(runs.outputs).toEqual([{ name: 'y', datatype: 'FP32', shape: [1, 4], data: Float32Array.of(2, 4, 6, 8) }]);
    expect(runs.runMs).toHaveLength(3);
    expect((await trial.run('triple', [four])).outputs[0]?.data).toEqual(Float32Array.of(3, 6, 9, 12));
    expect([trial.startMs, loaded.createMs, runs.firstMs].every((ms) => ms >= 0)).toBe(true);
    expect(loaded.heapBytes).toBeGreaterThanOrEqual(16 * mib);
    expect(runs.heapBytes).toBeGreaterThanOrEqual(loaded.heapBytes);
  });

  it('carries every datatype there and back', async () => {
    const trial = await start();
    const { bytes, signature } = echoModel();
    await trial.load('echo', { file: 'm.onnx', model: bytes, externalData: {} }, asIs);
    const inputs = signature.inputs.map(({ name, datatype }): Tensor => {
      const data = datatype === 'BYTES' ? ['ä', ''] : datatype === 'INT64' ? BigInt64Array.of(1n, -2n) : undefined;
      return { name, datatype, shape: [2], data: data ?? zerosOf(datatype) };
    });
    const { outputs } = await trial.run('echo', inputs);
    expect(outputs.map(({ data }) => data)).toEqual(inputs.map(({ data }) => data));
  });

  it('says what the edge would say of an input that the graph refuses, with the words of onnxruntime as the cause', async () => {
    const trial = await start();
    await trial.load('gather', graphOf(gatherModel()), asIs);
    const error = await failure(trial.run('gather', [{ ...integer('index', 9) }]));
    expect(error.code).toBe('model-rejected-input');
    expect(error.cause).toMatch(/indices element out of data bounds/);
    expect((await trial.run('gather', [integer('index', 2)])).outputs[0]?.data).toEqual(Float32Array.of(3));
  });

  it('grows its heap past the budget of an isolate, or refuses where it is told to', async () => {
    const free = await start();
    await free.load('hog', graphOf(hogModel()), asIs);
    expect((await free.run('hog', [integer('elements', (160 * mib) / 4)])).heapBytes).toBeGreaterThan(160 * mib);
    const capped = await start({ heapBytesMax: 32 * mib });
    await capped.load('hog', graphOf(hogModel()), asIs);
    expect((await failure(capped.run('hog', [integer('elements', (40 * mib) / 4)]))).code).toBe('heap-exhausted');
    expect((await capped.run('hog', [integer('elements', 10)])).heapBytes).toBeLessThanOrEqual(32 * mib);
  });

  it('ends with who takes too long, and says so to everyone after', async () => {
    const trial = await start({ timeoutMs: 3_000 });
    await trial.load('slow', graphOf(slowModel()), asIs);
    expect((await failure(trial.run('slow', [integer('steps', 10_000_000)]))).code).toBe('deadline-exceeded');
    expect((await failure(trial.run('slow', [integer('steps', 1)]))).code).toBe('engine-failed');
  });

  it('ends when its caller does not want it any more', async () => {
    const controller = new AbortController();
    const trial = await start({ signal: controller.signal });
    await trial.load('slow', graphOf(slowModel()), asIs);
    const running = trial.run('slow', [integer('steps', 10_000_000)]);
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await expect(startEdgeTrial({ signal: controller.signal })).rejects.toThrow('enough');
  });

  it('says that workerd is gone, instead of waiting for it', async () => {
    const trial = await start();
    await trial.load('slow', graphOf(slowModel()), asIs);
    const running = failure(trial.run('slow', [integer('steps', 10_000_000)]));
    for (const pid of workerdsOfThisProcess()) process.kill(pid, 'SIGSEGV');
    expect((await running).code).toBe('engine-failed');
    expect((await failure(trial.load('again', graphOf(doubleModel()), asIs))).code).toBe('engine-failed');
  });
});

/** A wasm that breaks workerd itself would end it just so. */
function workerdsOfThisProcess(): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' }).split('\n');
  const processes = lines.map((line) => line.trim().split(/\s+/));
  return processes.flatMap(([pid, parent, command]) =>
    Number(parent) === process.pid && command?.includes('workerd') === true ? [Number(pid)] : [],
  );
}

const zerosOf = (datatype: Tensor['datatype']): Tensor['data'] => {
  switch (datatype) {
    case 'FP64':
      return Float64Array.of(0.5, -0.5);
    case 'FP32':
      return Float32Array.of(0.5, -0.5);
    case 'UINT64':
      return BigUint64Array.of(1n, 2n);
    case 'INT32':
      return Int32Array.of(1, -1);
    case 'UINT32':
      return Uint32Array.of(1, 2);
    case 'INT16':
      return Int16Array.of(1, -1);
    case 'UINT16':
    case 'FP16':
      return Uint16Array.of(1, 2);
    case 'INT8':
      return Int8Array.of(1, -1);
    default:
      return Uint8Array.of(0, 1);
  }
};

async function failure(work: Promise<unknown>): Promise<BrinkError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: 'BrinkError' });
  return error as BrinkError;
}
