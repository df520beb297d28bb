import type * as OrtCommon from 'onnxruntime-common';
import { describe, expect, it } from 'vitest';
import { ortFailure } from '../../../shared/engine/ort-failure.js';
import { fromOrtTensor, type OrtTensorConstructor, toOrtTensor } from '../../../shared/engine/ort-tensor.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { sampleTensors } from '../../harness/tensors.js';
import {
  doubleModel,
  echoModel,
  externalDoubleModel,
  gatherModel,
  hogModel,
  reshapeModel,
  type TestModel,
} from '../../harness/onnx.js';

process.env['ORT_DISABLE_TELEMETRY'] = '1';

interface Runtime {
  readonly Tensor: OrtTensorConstructor<OrtCommon.Tensor>;
  readonly create: (bytes: Uint8Array) => Promise<OrtCommon.InferenceSession>;
}

/** Both with a heap that ends: natively a size no machine has, in wasm a maximum of 96 MB. */
const runtimes: Record<string, () => Promise<Runtime>> = {
  'onnxruntime-node': async () => {
    const ort = await import('onnxruntime-node');
    ort.env.logLevel = 'fatal';
    return { Tensor: ort.Tensor, create: (bytes) => ort.InferenceSession.create(bytes, { logSeverityLevel: 4 }) };
  },
  'onnxruntime-web': async () => {
    const ort = await import('onnxruntime-web/wasm');
    ort.env.wasm.numThreads = 1;
    const Memory = WebAssembly.Memory;
    WebAssembly.Memory = class extends Memory {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        super({ ...descriptor, maximum: 1536 });
      }
    };
    try {
      const first = await ort.InferenceSession.create(doubleModel().bytes, { logSeverityLevel: 4 });
      await first.release();
    } finally {
      WebAssembly.Memory = Memory;
    }
    return { Tensor: ort.Tensor, create: (bytes) => ort.InferenceSession.create(bytes, { logSeverityLevel: 4 }) };
  },
};

const loaded = new Map<string, Promise<Runtime>>();
function runtime(name: string): Promise<Runtime> {
  let found = loaded.get(name);
  if (found === undefined) loaded.set(name, (found = runtimes[name]!()));
  return found;
}

async function run(name: string, model: TestModel, inputs: readonly Tensor[]): Promise<Tensor[]> {
  const { Tensor, create } = await runtime(name);
  const session = await create(model.bytes);
  try {
    const feeds = Object.fromEntries(inputs.map((tensor) => [tensor.name, toOrtTensor(tensor, Tensor)]));
    const outputs = await session.run(feeds, { logSeverityLevel: 4 });
    return session.outputNames.map((output) => fromOrtTensor(output, outputs[output]!));
  } finally {
    await session.release();
  }
}

const failure = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('expected a failure');
};

const elements = (count: bigint): Tensor => ({
  name: 'elements',
  datatype: 'INT64',
  shape: [1],
  data: BigInt64Array.of(count),
});

describe.each(Object.keys(runtimes))('%s', (name) => {
  it('hands back every datatype to the bit', async () => {
    const inputs = sampleTensors();
    const outputs = await run(name, echoModel(), inputs);
    expect(outputs).toEqual(inputs.map((tensor) => ({ ...tensor, name: tensor.name.replace('in_', 'out_') })));
  });

  it('hands out outputs in memory of their own, not views of a heap', async () => {
    const [output] = await run(name, hogModel(), [elements(1n)]);
    expect((output!.data as Float32Array).buffer.byteLength).toBe(4);
  });

  it('takes a tensor of no elements', async () => {
    const empty: Tensor = { name: 'x', datatype: 'FP32', shape: [0, 4], data: new Float32Array(0) };
    expect((await run(name, doubleModel(), [empty]))[0]).toMatchObject({ shape: [0, 4], data: new Float32Array(0) });
  });

  const fp32 = (shape: number[]): Tensor => ({
    name: 'x',
    datatype: 'FP32',
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
  });
  const rejections: Record<string, () => Promise<unknown>> = {
    'a shape that a node cannot take': () => run(name, reshapeModel(), [fp32([7])]),
    'an index that is not there': () =>
      run(name, gatherModel(), [{ name: 'index', datatype: 'INT64', shape: [1], data: BigInt64Array.of(9n) }]),
    'a wrong dimension': () => run(name, doubleModel(), [fp32([2, 3])]),
    'a wrong rank': () => run(name, doubleModel(), [fp32([8])]),
    'a wrong type': () =>
      run(name, doubleModel(), [{ name: 'x', datatype: 'INT32', shape: [1, 4], data: new Int32Array(4) }]),
    'a missing input': () => run(name, doubleModel(), []),
    'a size that overflows': () => run(name, hogModel(), [elements(4_000_000_000_000_000_000n)]),
    'a negative size': () => run(name, hogModel(), [elements(-5n)]),
  };
  it.each(Object.keys(rejections))('%s is the caller’s fault, told without internals', async (what) => {
    const original = await failure(rejections[what]!());
    const error = ortFailure(original);
    expect(error).toMatchObject({ code: 'model-rejected-input', status: 400, cause: original });
    expect(error.message).not.toMatch(/onnx|\/|node|Status/i);
  });

  it('running out of memory is told apart, and the next run succeeds', async () => {
    const many = name === 'onnxruntime-web' ? 60_000_000n : 4_000_000_000_000n;
    const error = ortFailure(await failure(run(name, hogModel(), [elements(many)])));
    expect(error).toMatchObject({ code: 'heap-exhausted', status: 503, retryAfterMs: 1_000 });
    expect(await run(name, hogModel(), [elements(10n)])).toHaveLength(1);
  });

  it.each([
    ['that is no model', () => new Uint8Array(100).fill(7)],
    ['whose weights are missing', () => externalDoubleModel().bytes],
  ])('a file %s is the engine’s failure', async (_, bytes) => {
    const { create } = await runtime(name);
    expect(ortFailure(await failure(create(bytes())))).toMatchObject({ code: 'engine-failed', status: 503 });
  });
});

describe('a failure', () => {
  it('of the wasm itself is the engine’s, whatever its text', () => {
    expect(ortFailure(new WebAssembly.RuntimeError('Aborted(OOM): out of memory')).code).toBe('engine-failed');
    expect(ortFailure(new WebAssembly.RuntimeError('memory access out of bounds')).code).toBe('engine-failed');
  });

  it('of a device is the engine’s, its memory running out is not', () => {
    const running = 'Non-zero status code returned while running MatMul node. Status Message: ';
    expect(ortFailure(new Error(`${running}CUDA failure 700: illegal address`)).code).toBe('engine-failed');
    expect(ortFailure(new Error(`${running}CUDA failure 2: out of memory`)).code).toBe('heap-exhausted');
  });

  it('that is no Error is the engine’s', () => {
    expect(ortFailure(5_273_040)).toMatchObject({ code: 'engine-failed', cause: 5_273_040 });
  });

  it('that is ours already stays as it is', () => {
    const ours = ortFailure(new Error('x'));
    expect(ortFailure(ours)).toBe(ours);
  });
});

/** What onnxruntime-common's Tensor is, as far as this is about: it keeps what it gets. */
class Kept {
  readonly data: unknown;
  constructor(_type: string, data: unknown) {
    this.data = data;
  }
}

describe('a tensor for onnxruntime', () => {
  it.each(['a\0b', '\ud800', 'ok\udc00'])('refuses text that would be changed: %j', (text) => {
    const tensor: Tensor = { name: 'x', datatype: 'BYTES', shape: [2], data: ['fine', text] };
    expect(() => toOrtTensor(tensor, Kept)).toThrow(
      expect.objectContaining({ code: 'value-out-of-range', message: expect.stringContaining('index 1') as string }),
    );
  });

  it('takes text beyond the basic plane', () => {
    const tensor: Tensor = { name: 'x', datatype: 'BYTES', shape: [1], data: ['\u{1F600} é 字'] };
    expect(toOrtTensor(tensor, Kept).data).toEqual(['\u{1F600} é 字']);
  });

  it('reads float16 from any view of 16-bit elements', () => {
    const bits = Int16Array.of(0x3c00, 0x7e01);
    expect(fromOrtTensor('y', { type: 'float16', data: bits, dims: [2] })).toEqual({
      name: 'y',
      datatype: 'FP16',
      shape: [2],
      data: Uint16Array.of(0x3c00, 0x7e01),
    });
  });

  it('refuses a type that the protocol does not have', () => {
    expect(() => fromOrtTensor('y', { type: 'uint4', data: new Uint8Array(1), dims: [2] })).toThrow(/uint4/);
  });
});
