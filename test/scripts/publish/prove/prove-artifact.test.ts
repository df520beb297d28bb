import { afterAll, describe, expect, it } from 'vitest';
import { generatedExamples } from '../../../../scripts/publish/goldens/generated-examples.js';
import { recordGoldens } from '../../../../scripts/publish/goldens/record-goldens.js';
import { optimiseGraph } from '../../../../scripts/publish/optimise/optimise-graph.js';
import { withChangedWeight } from '../../../../scripts/publish/prove/change-weight.js';
import { findWeights } from '../../../../scripts/publish/prove/find-weights.js';
import { proveArtifact } from '../../../../scripts/publish/prove/prove-artifact.js';
import type { GraphBytes } from '../../../../scripts/publish/throw-away-runner.js';
import type { EdgeTrial } from '../../../../scripts/trial/edge-trial.js';
import { startEdgeTrial } from '../../../../scripts/trial/start-edge-trial.js';
import { BrinkError } from '../../../../shared/errors/brink-error.js';
import type { Golden } from '../../../../shared/golden/golden.js';
import type { Signature } from '../../../../shared/protocol/tensor.js';
import { doubleModel, externalDoubleModel, type TestModel } from '../../../harness/onnx.js';
import { bundledModel, graphOf } from '../goldens/bundled-graphs.js';

let started: Promise<EdgeTrial> | undefined;
const workerd = (): Promise<EdgeTrial> => (started ??= startEdgeTrial());
afterAll(async () => {
  await (await started)?.close();
});

async function goldensOf(name: string, graph: GraphBytes, signature: Signature): Promise<readonly Golden[]> {
  const examples = await generatedExamples(name, graph, { signature, seed: 1 });
  return (await recordGoldens(name, graph, examples, { forEdge: true })).goldens;
}
const goldensFor = (model: TestModel) => goldensOf('main', graphOf(model), model.signature);
const asIs = { optimised: false, trial: undefined };

/** A workerd that fails in one way or answers one thing. */
const trialThat = (run: EdgeTrial['run'], load?: () => Promise<never>): EdgeTrial => ({
  startMs: 0,
  load: load ?? (() => Promise.resolve({ createMs: 1, heapBytes: 1 })),
  run,
  release: () => Promise.resolve(),
  close: () => Promise.resolve(),
});
const failing = (error: Error) => () => Promise.reject(error);

describe('proving an artifact', () => {
  it('tells how near a real network comes to its goldens on both runtimes, once it is optimised', async () => {
    const { graphs, signatures } = await bundledModel('ocr-line');
    const graph = graphs['recogniser']!;
    const goldens = await goldensOf('recogniser', graph, signatures['recogniser']!);
    const optimised = (await optimiseGraph(graph, 'beside'))!;
    const proof = await proveArtifact('recogniser', optimised, goldens, { optimised: true, trial: await workerd() });
    expect(proof.notAtEdge).toBeNull();
    expect(proof.rows.map(({ runtime, goldens: count, within }) => [runtime, count, within])).toEqual([['native', 3, true], ['workerd', 3, true]]); // prettier-ignore
    for (const { absolute, cosine } of proof.rows) {
      expect(absolute).toBeLessThan(1e-3);
      expect(cosine).toBeGreaterThan(0.999);
    }
  }, 120_000);

  it('refuses one that is damaged, naming graph, runtime, output, figures and what to do', async () => {
    for (const model of [doubleModel(), externalDoubleModel()]) {
      const goldens = await goldensFor(model);
      const [weight] = findWeights(model.bytes);
      const damaged = withChangedWeight(graphOf(model), weight!);
      await expect(
        proveArtifact('main', damaged, goldens, { optimised: true, trial: undefined }),
      ).rejects.toMatchObject({
        code: 'unequal-artifacts',
        message: expect.stringMatching(/graph "main" \(a\.onnx\).*natively.*output "y".*worst absolute .*golden 1 of 3.*looser tolerance.*--no-optimise/s) as string, // prettier-ignore
      });
    }
  }, 120_000);

  it('refuses one that answers otherwise in workerd alone', async () => {
    const model = doubleModel();
    const goldens = await goldensFor(model);
    const trial = await workerd();
    const other = graphOf(doubleModel(2.5));
    const switched: EdgeTrial = { ...trialThat((...call) => trial.run(...call)), load: (name, _, options) => trial.load(name, other, options) }; // prettier-ignore
    await expect(proveArtifact('main', graphOf(model), goldens, { optimised: false, trial: switched })).rejects.toMatchObject({ code: 'unequal-artifacts', message: expect.stringContaining('in workerd') as string }); // prettier-ignore
  }, 120_000);

  it('lets one pass that is a little different, where its author declares so', async () => {
    const goldens = await goldensFor(doubleModel());
    const near = graphOf(doubleModel(2.01));
    await expect(proveArtifact('main', near, goldens, asIs)).rejects.toMatchObject({ code: 'unequal-artifacts' });
    const { rows } = await proveArtifact('main', near, goldens, { ...asIs, tolerances: { y: { relative: 0.01 } } });
    expect(rows).toMatchObject([{ output: 'y', within: true, goldens: 3, tolerance: { relative: 0.01 } }]);
    expect(rows[0]?.relative).toBeGreaterThan(1e-3);
  }, 120_000);

  it('does not take want of memory, or of a kernel, for a disagreement', async () => {
    const goldens = await goldensFor(doubleModel());
    const prove = (trial: EdgeTrial) => proveArtifact('main', graphOf(doubleModel()), goldens, { ...asIs, trial });
    const full = await prove(trialThat(failing(new BrinkError('heap-exhausted', 'no room'))));
    expect(full.notAtEdge).toMatch(/too large to run golden 1 of 3/);
    expect(full.rows.map(({ runtime }) => runtime)).toEqual(['native']);
    const kernel = new BrinkError('engine-failed', 'could not be loaded', { cause: 'Could not find an implementation for Foo(1)' }); // prettier-ignore
    const lacking = await prove(trialThat(failing(kernel), failing(kernel)));
    expect(lacking.notAtEdge).toMatch(/does not load in workerd.*implementation for Foo/);
    await expect(prove(trialThat(failing(new Error('a mistake of ours'))))).rejects.toThrow('a mistake of ours');
  }, 120_000);
});
