import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doubleModel, floats, int, int64s, makeModel, node, spec, type TestModel } from '../../harness/onnx.js';
import { bundleOrigin, type Bundles, startTestOrigin, type TestOrigin, within } from '../harness.js';

let bundles: Bundles;
let origin: TestOrigin;
beforeAll(async () => {
  bundles = await bundleOrigin();
  origin = await startTestOrigin(bundles, { pool: { workers: 1 }, limits: { runnersMax: 100 } });
});
afterAll(async () => {
  await origin.close();
  await bundles.remove();
});

const width = 4;
const signature = { inputs: [spec('x', 'FP32', [-1, width])], outputs: [spec('y', 'FP32', [-1, width])] };
type Nodes = Parameters<typeof makeModel>[1];
type Initializers = Parameters<typeof makeModel>[2];
const graph = (nodes: Nodes, initializers: Initializers = []): TestModel => makeModel(signature, nodes, initializers);

/** What onnxruntime makes of it, without anyone telling the engine. */
async function found(model: TestModel): Promise<string | undefined> {
  const target = await origin.source.publish({ main: model });
  await origin.engine.prefetch(target, within(60_000));
  return origin.engine.snapshot().find(({ of }) => of.digest === target.digest)?.batchAxis;
}

const rowCount = [node('Shape', ['x'], ['shape']), node('Gather', ['shape', 'first'], ['rows'], [int('axis', 0)])];

describe('a first axis that looks like a batch axis', () => {
  it('is one where each row gets its own answer', async () => {
    expect(await found(doubleModel())).toBe('independent');
    expect(await found(graph([node('Softmax', ['x'], ['y'], [int('axis', 1)])]))).toBe('independent');
    expect(await found(graph([node('Relu', ['x'], ['r']), node('Add', ['r', 'x'], ['y'])]))).toBe('independent');
  });

  it.each<[string, TestModel]>([
    [
      'sorts its rows',
      graph(
        [...rowCount, node('TopK', ['x', 'rows'], ['y', 'order'], [int('axis', 0), int('largest', 0)])],
        [int64s('first', [1], [0])],
      ),
    ],
    [
      'quantises by the range of the batch, as dynamic int8 does',
      graph([node('DynamicQuantizeLinear', ['x'], ['q', 's', 'z']), node('DequantizeLinear', ['q', 's', 'z'], ['y'])]),
    ],
    ['sums the rows so far', graph([node('CumSum', ['x', 'axis'], ['y'])], [int64s('axis', [], [0])])],
    ['is a softmax over the rows', graph([node('Softmax', ['x'], ['y'], [int('axis', 0)])])],
    [
      'scales by the largest of the batch once that is large',
      graph(
        [
          node('Abs', ['x'], ['a']),
          node('ReduceMax', ['a'], ['m'], [int('keepdims', 1)]),
          node('Max', ['m', 'one'], ['scale']),
          node('Div', ['x', 'scale'], ['y']),
        ],
        [floats('one', [], Float32Array.of(1))],
      ),
    ],
  ])('is none where the graph %s', async (_, model) => {
    // Several times: what is made up is made up by chance, and a verdict must not be.
    for (let again = 0; again < 4; again++) {
      const renamed = { ...model, bytes: Uint8Array.from([...model.bytes, ...comment(again)]) };
      expect(await found(again === 0 ? model : renamed)).toBe('not-a-batch');
    }
  });
});

/** A `doc_string` (field 6 of ModelProto) that makes another digest of the same model. */
function comment(number: number): number[] {
  return [0x32, 1, 0x30 + number];
}
