import { createRequire } from 'node:module';
import type * as OnnxProto from 'onnx-proto';
import { InMemory } from '../../../../scripts/publish/content/in-memory.js';
import type { GraphToMeasure } from '../../../../scripts/publish/measure/measured.js';
import { floats, int, int64s, ints, makeModel, node, spec, type TestModel } from '../../../harness/onnx.js';

const { onnx } = createRequire(import.meta.url)('onnx-proto') as typeof OnnxProto;

/** A graph of the tests as publishing hands it on. */
export function toMeasure(
  { bytes, signature, externalData }: TestModel,
  more: Partial<GraphToMeasure> = {},
): GraphToMeasure {
  const files = Object.entries(externalData).map(([name, data]) => [name, new InMemory(data)]);
  const graph = { file: 'm.onnx', model: bytes, externalData: Object.fromEntries(files) as Record<string, InMemory> };
  return { graph, optimised: false, signature, ...more };
}

/** y = x · w, w of `weightMib` MiB: more rows than columns, so that a run takes next to nothing. */
export function heavyModel(weightMib: number): TestModel {
  const rows = weightMib * 1024;
  const signature = { inputs: [spec('x', 'FP32', [1, rows])], outputs: [spec('y', 'FP32', [1, 256])] };
  return makeModel(signature, [node('MatMul', ['x', 'w'], ['y'])], [floats('w', [rows, 256], new Float32Array(rows * 256).fill(0.5))]); // prettier-ignore
}

/** Adds one of `length` positions to each token: longer sequences are refused, as in a transformer encoder. */
export function positionModel(length: number): TestModel {
  const signature = { inputs: [spec('ids', 'INT64', [-1, -1])], outputs: [spec('y', 'FP32', [-1, -1])] };
  return makeModel(
    signature,
    [
      node('Shape', ['ids'], ['shape']),
      node('Gather', ['shape', 'one'], ['tokens']),
      node('Range', ['zero', 'tokens', 'step'], ['places']),
      node('Gather', ['table', 'places'], ['positions']),
      node('Cast', ['ids'], ['numbers'], [int('to', 1)]),
      node('Add', ['numbers', 'positions'], ['y']),
    ],
    [
      int64s('one', [], [1]),
      int64s('zero', [], [0]),
      int64s('step', [], [1]),
      floats(
        'table',
        [length],
        Float32Array.from({ length }, (_, at) => at),
      ),
    ],
  );
}

/** Compares all elements of a sequence with all others: memory grows with the square of its length. */
export function pairsModel(): TestModel {
  const signature = { inputs: [spec('x', 'FP32', [1, -1])], outputs: [spec('y', 'FP32', [1])] };
  const widened = ['wide', 'wider', 'widest'];
  return makeModel(
    signature,
    [
      node('Transpose', ['x'], ['column'], [ints('perm', [1, 0])]),
      node('Add', ['x', 'column'], ['pairs']),
      node('Expand', ['pairs', 'times'], [widened[0]!]),
      node('ReduceMax', [widened[0]!], ['most'], [ints('axes', [0, 1, 2])]),
      node('Reshape', ['most', 'single'], ['y']),
    ],
    [int64s('times', [3], [64, 1, 1]), int64s('single', [1], [1])],
  );
}

/**
 * A graph as onnxruntime writes it optimised for one kind of processor (level `all`): its blocked layout has kernels in
 * the native library and none in wasm.
 */
export function blockedModel(): TestModel {
  const signature = { inputs: [spec('x', 'FP32', [1, 16, 4, 4])], outputs: [spec('y', 'FP32', [1, 16, 1, 1])] };
  const plain = makeModel(signature, [node('GlobalAveragePool', ['x'], ['y'])]);
  const model = onnx.ModelProto.decode(plain.bytes);
  for (const one of model.graph?.node ?? []) one.domain = 'com.microsoft.nchwc';
  model.opsetImport.push({ domain: 'com.microsoft.nchwc', version: 1 });
  return { ...plain, bytes: new Uint8Array(onnx.ModelProto.encode(model).finish()) };
}
