import { describe, expect, it } from 'vitest';
import { examplesOf } from '../../../../scripts/publish/goldens/examples-of.js';
import { generatedExamples } from '../../../../scripts/publish/goldens/generated-examples.js';
import { recordGoldens } from '../../../../scripts/publish/goldens/record-goldens.js';
import { withChangedWeight } from '../../../../scripts/publish/prove/change-weight.js';
import { checkNotBlind } from '../../../../scripts/publish/prove/check-not-blind.js';
import { findWeights } from '../../../../scripts/publish/prove/find-weights.js';
import type { GraphBytes } from '../../../../scripts/publish/throw-away-runner.js';
import { doubleModel, externalDoubleModel, floats, makeModel, node, reshapeModel, spec, type TestModel, workModel } from '../../../harness/onnx.js'; // prettier-ignore
import { bundledModel, graphOf, samplePath } from '../goldens/bundled-graphs.js';

async function checked(model: TestModel, tolerances?: Parameters<typeof checkNotBlind>[3]['tolerances']) {
  const graph = graphOf(model);
  const examples = await generatedExamples('main', graph, { signature: model.signature, seed: 1 });
  const { goldens } = await recordGoldens('main', graph, examples, { forEdge: true });
  return checkNotBlind('main', graph, goldens, { tolerances });
}
/** y = x + 0 · (x · w): whatever `w` is. */
const blindModel = (): TestModel =>
  makeModel(
    { inputs: [spec('x', 'FP32', [-1, 4])], outputs: [spec('y', 'FP32', [-1, 4])] },
    [node('MatMul', ['x', 'w'], ['product']), node('Mul', ['product', 'zero'], ['nothing']), node('Add', ['x', 'nothing'], ['y'])], // prettier-ignore
    [floats('w', [4, 4], new Float32Array(16).fill(3)), floats('zero', [1], new Float32Array(1))],
  );

describe('goldens that see the weights', () => {
  it('pass, and the weight that they noticed is told', async () => {
    expect(await checked(doubleModel())).toMatchObject({ noticed: 'w', unnoticed: [] });
    expect(await checked(externalDoubleModel())).toMatchObject({ noticed: 'w' });
  }, 120_000);

  it('are not asked for of a graph without weights', async () => {
    expect(await checked(reshapeModel())).toMatchObject({ noticed: null, why: 'it has no weights' });
  }, 60_000);

  it('are wanted: blind ones are refused, with what was tried', async () => {
    const refused = { code: 'blind-golden', message: expect.stringMatching(/graph "main".*tried "w", "zero".*--examples/) as string }; // prettier-ignore
    await expect(checked(blindModel())).rejects.toMatchObject(refused);
    await expect(checked(doubleModel(), { y: { absolute: 1e9 } })).rejects.toMatchObject({ code: 'blind-golden' });
  }, 120_000);

  it('are found for real networks: a CNN, and one whose weights lie in branches', async () => {
    const vad = await bundledModel('vad');
    const examples = await examplesOf(samplePath('vad', 'sample.wav'), vad);
    const graph = vad.graphs['vad']!;
    const { goldens } = await recordGoldens('vad', graph, examples['vad'] ?? [], { forEdge: true });
    expect((await checkNotBlind('vad', graph, goldens, {})).noticed).toEqual(expect.any(String));
    const page = await bundledModel('ocr-page');
    for (const name of ['detector', 'recogniser']) {
      const [own, signature] = [page.graphs[name]!, page.signatures[name]!];
      const made = await generatedExamples(name, own, { signature, seed: 1 });
      const recorded = await recordGoldens(name, own, made, { forEdge: true });
      expect((await checkNotBlind(name, own, recorded.goldens, {})).noticed).toEqual(expect.any(String));
    }
  }, 180_000);
});

describe('changing a weight', () => {
  it('finds tensors in graphs within the graph, and leaves sizes and indices alone', () => {
    expect(findWeights(workModel().bytes).map(({ name }) => name).sort()).toEqual(['table', 'w']); // prettier-ignore
    expect(findWeights(reshapeModel().bytes)).toEqual([]);
  });

  it('gives every element the other sign, in the graph and in a file, whatever part of it is read', async () => {
    const model = doubleModel();
    const [weight] = findWeights(model.bytes);
    const changed: GraphBytes = withChangedWeight(graphOf(model), weight!);
    const own = changed.model.slice(weight!.start, weight!.end);
    expect([...new Float32Array(own.buffer)].filter((value) => value !== 0)).toEqual([-2, -2, -2, -2]);
    expect(model.bytes).toEqual(doubleModel().bytes);
    const external = externalDoubleModel();
    const file = withChangedWeight(graphOf(external), findWeights(external.bytes)[0]!).externalData['weights.bin']!;
    const whole = await file.bytes();
    expect([...new Float32Array(whole.buffer)].filter((value) => value !== 0)).toEqual([-2, -2, -2, -2]);
    expect(await file.read(2, 7)).toEqual(whole.slice(2, 9));
    expect(file.sha256).not.toBe(graphOf(external).externalData['weights.bin']?.sha256);
  });
});
