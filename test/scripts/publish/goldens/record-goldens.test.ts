import { describe, expect, it } from 'vitest';
import { answersInWasm } from '../../../../scripts/publish/goldens/answers-in-wasm.js';
import { examplesOf } from '../../../../scripts/publish/goldens/examples-of.js';
import type { Example } from '../../../../scripts/publish/goldens/example.js';
import { generatedExamples } from '../../../../scripts/publish/goldens/generated-examples.js';
import { recordGoldens } from '../../../../scripts/publish/goldens/record-goldens.js';
import { withOneNan } from '../../../../scripts/publish/goldens/with-one-nan.js';
import { encodeGolden } from '../../../../shared/golden/encode-golden.js';
import type { Golden } from '../../../../shared/golden/golden.js';
import {
  centringModel, doubleModel, echoModel, int, ints, makeModel, node, reshapeModel, spec, type TestModel,
} from '../../../harness/onnx.js'; // prettier-ignore
import { bundledModel, graphOf, samplePath } from './bundled-graphs.js';

const edge = { forEdge: true };
const generated = ({ signature, ...model }: TestModel, more: object = {}): Promise<Example[]> =>
  generatedExamples('main', graphOf({ signature, ...model }), { signature, seed: 1, ...more });
const shapesOf = (examples: readonly Example[]) => examples.map(({ inputs }) => inputs[0]?.shape);
const encoded = (goldens: readonly Golden[]): string[] =>
  goldens.map((golden) => Buffer.from(encodeGolden(golden)).toString('base64'));
const noise = (): TestModel => {
  const signature = { inputs: [spec('x', 'FP32', [1])], outputs: [spec('y', 'FP32', [8])] };
  const nodes = [node('RandomUniform', [], ['noise'], [ints('shape', [8])]), node('Add', ['noise', 'x'], ['y'])];
  return makeModel(signature, nodes);
};

describe('generated examples', () => {
  it('begin with the smallest shape that the graph takes, and grow with its open axes', async () => {
    expect(shapesOf(await generated(doubleModel()))).toEqual([[1, 4], [16, 4], [256, 4]]); // prettier-ignore
    expect(shapesOf(await generated(reshapeModel()))).toEqual([[4], [64], [128]]);
    expect(shapesOf(await generated(doubleModel(), { largest: { x: [2, 4] } }))).toEqual([[1, 4], [2, 4], [2, 4]]); // prettier-ignore
  }, 60_000);

  it('are the same for the same seed alone, and differ from each other where shapes are fixed', async () => {
    const fixed = makeModel({ inputs: [spec('x', 'FP32', [4])], outputs: [spec('y', 'FP32', [4])] }, [node('Relu', ['x'], ['y'])]); // prettier-ignore
    const [one, same, other] = [await generated(fixed), await generated(fixed), await generated(fixed, { seed: 9 })];
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
    expect(new Set(one.map(({ inputs }) => String(inputs[0]?.data))).size).toBe(3);
  }, 60_000);

  it('are found for networks of this project, the first of them small, and none for one whose inputs are codes', async () => {
    for (const [model, graph] of [
      ['ocr-page', 'detector'],
      ['ocr-line', 'recogniser'],
    ] as const) {
      // prettier-ignore
      const { graphs, signatures } = await bundledModel(model);
      const examples = await generatedExamples(graph, graphs[graph]!, { signature: signatures[graph]!, seed: 1 });
      const elements = examples.map(({ inputs }) => inputs.reduce((sum, { data }) => sum + data.length, 0));
      expect(elements[0]).toBeLessThanOrEqual(3 * 48);
      expect(elements[1]).toBeGreaterThanOrEqual(16 * elements[0]!);
      expect(elements[2]).toBeGreaterThanOrEqual(16 * elements[1]!);
    }
    const { graphs, signatures } = await bundledModel('vad'); // a sample rate of 0 or 1 is none
    expect(await generatedExamples('vad', graphs['vad']!, { signature: signatures['vad']!, seed: 1 })).toEqual([]);
  }, 120_000);

  it('are none for a graph that refuses them all', async () => {
    const never = makeModel(
      { inputs: [spec('x', 'FP32', [1])], outputs: [spec('y', 'FP32', [2, 2])] },
      [node('Shape', ['x'], ['size']), node('Concat', ['size', 'size', 'size'], ['sizes'], [int('axis', 0)]), node('Expand', ['x', 'sizes'], ['three']), node('Reshape', ['three', 'four'], ['y'])], // prettier-ignore
      [{ name: 'four', dims: [2], dataType: 7, rawData: new Uint8Array(BigInt64Array.of(2n, 2n).buffer) }],
    );
    const examples = await generated(never);
    expect(examples).toEqual([]);
    expect(await recordGoldens('main', graphOf(never), examples, edge)).toMatchObject({ goldens: [], why: expect.stringContaining('no example') as string }); // prettier-ignore
  }, 60_000);
});

describe('recording goldens', () => {
  it('gives the same bytes each time, of a real network too, in wasm', async () => {
    const line = await bundledModel('ocr-line');
    const { recogniser = [] } = await examplesOf(samplePath('ocr-line', 'sample.png'), line);
    const [one, again] = [
      await recordGoldens('recogniser', line.graphs['recogniser']!, recogniser, edge),
      await recordGoldens('recogniser', line.graphs['recogniser']!, recogniser, edge),
    ];
    expect(one).toMatchObject({ recordedBy: 'wasm', why: null });
    expect(one.goldens[0]?.outputs[0]?.shape.at(-1)).toBe(6625);
    expect(encoded(again.goldens)).toEqual(encoded(one.goldens));
  }, 120_000);

  it('records loops with state, at the size that their handler calls them with', async () => {
    const model = await bundledModel('vad');
    const { vad = [] } = await examplesOf(samplePath('vad', 'sample.wav'), model);
    const { goldens, recordedBy } = await recordGoldens('vad', model.graphs['vad']!, vad, edge);
    expect(recordedBy).toBe('wasm');
    expect(goldens.map(({ outputs }) => outputs.map(({ name }) => name))).toEqual(Array(8).fill(['output', 'stateN']));
    const heard = goldens.map(({ outputs }) => Number(outputs[0]?.data[0]));
    expect(Math.max(...heard)).toBeGreaterThan(0.5);
    expect(Math.min(...heard)).toBeLessThan(0.5);
  }, 120_000);

  it('carries every datatype to wasm and back', async () => {
    const echo = echoModel();
    const examples = await generated(echo);
    const { goldens, recordedBy } = await recordGoldens('main', graphOf(echo), examples, edge);
    expect(recordedBy).toBe('wasm');
    for (const { inputs, outputs } of goldens) {
      expect(outputs.map(({ datatype, data }) => [datatype, [...data]])).toEqual(inputs.map(({ datatype, data }) => [datatype, [...data]])); // prettier-ignore
    }
  }, 60_000);

  it('writes every NaN the same way', () => {
    const other = new Float32Array(Uint32Array.of(0xffc00001, 0x3f800000).buffer);
    const bits = (data: unknown) => [...new Uint32Array((data as Float32Array).buffer)];
    expect(bits(withOneNan({ name: 'y', datatype: 'FP32', shape: [2], data: other }).data)).toEqual([0x7fc00000, 0x3f800000]); // prettier-ignore
    const halves = { name: 'y', datatype: 'FP16', shape: [3], data: Uint16Array.of(0xfe01, 0x7c00, 0x3c00) } as const;
    expect([...withOneNan(halves).data]).toEqual([0x7e00, 0x7c00, 0x3c00]);
  });

  it('makes none of a graph that answers by chance, unless its author says how far apart its answers are', async () => {
    const examples = await generated(noise());
    const none = await recordGoldens('main', graphOf(noise()), examples, edge);
    expect(none.goldens).toEqual([]);
    expect(none.why).toMatch(/does not answer the same twice: output "y"/);
    const wide = { ...edge, tolerances: { y: { absolute: 1.01 } } };
    expect((await recordGoldens('main', graphOf(noise()), examples, wide)).goldens).toHaveLength(3);
    const narrow = { ...edge, tolerances: { y: { absolute: 1e-6 } } };
    expect((await recordGoldens('main', graphOf(noise()), examples, narrow)).goldens).toEqual([]);
  }, 120_000);

  it('records natively what wasm cannot load, and says so', async () => {
    // Nothing reads the file: its size says enough.
    const graph = graphOf(centringModel());
    const huge = { byteLength: 2 * 1024 ** 3, sha256: '', bytes: never, read: never, writeTo: () => Promise.resolve() };
    const examples = await generated(centringModel());
    const { goldens, recordedBy, why } = await recordGoldens('main', { ...graph, externalData: { huge } }, examples, edge); // prettier-ignore
    expect(goldens).toHaveLength(3);
    expect(recordedBy).toBe('native');
    expect(why).toMatch(/too many for a wasm heap/);
  }, 60_000);

  it('tells why wasm cannot: what onnxruntime-web says, or that it was not done in time', async () => {
    const examples = await generated(doubleModel());
    const broken = { ...graphOf(doubleModel()), model: Uint8Array.of(1, 2, 3) };
    expect(await answersInWasm(broken, examples)).toMatch(/^onnxruntime-web says: /);
    expect(await answersInWasm(graphOf(doubleModel()), examples, { timeoutMs: 1 })).toMatch(/takes too long in wasm/);
  }, 60_000);

  it('names an example that the graph refuses', async () => {
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [3], data: Float32Array.of(1, 2, 3) }] as const;
    await expect(
      recordGoldens('main', graphOf(reshapeModel()), [{ from: 'odd.npz', inputs }], edge),
    ).rejects.toMatchObject({ code: 'bad-examples', message: expect.stringMatching(/odd\.npz: .*refuses.*x \[3\]/) as string }); // prettier-ignore
  }, 60_000);

  it('refuses goldens that are too large', async () => {
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [600_000, 4], data: new Float32Array(2_400_000) }] as const;
    await expect(
      recordGoldens('main', graphOf(doubleModel()), [{ from: 'big.npz', inputs }], edge),
    ).rejects.toMatchObject({ code: 'bad-examples', message: expect.stringMatching(/big\.npz.*16777216 bytes.*got 19200000/) as string }); // prettier-ignore
  }, 60_000);
});

const never = (): Promise<never> => Promise.reject(new Error('not to be read'));
