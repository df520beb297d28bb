import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminClient } from '../../../scripts/client/admin-client.js';
import { writePlan } from '../../../scripts/publish/plan/plan-file.js';
import { type PrepareOptions, prepareVersion, type TriedVersion } from '../../../scripts/publish/prepare-version.js';
import { withChangedWeight } from '../../../scripts/publish/prove/change-weight.js';
import { findWeights } from '../../../scripts/publish/prove/find-weights.js';
import type { PublishEvent } from '../../../scripts/publish/publish-events.js';
import { publish } from '../../../scripts/publish/publish.js';
import { decodeGolden } from '../../../shared/golden/encode-golden.js';
import { manifestDigest } from '../../../shared/manifest/digest.js';
import { doubleModel, floats, makeModel, node, spec } from '../../harness/onnx.js';
import { FakeAdmin, fakeToken } from '../fake-admin.js';
import { blockedModel, heavyModel } from './measure/graphs.js';
import { PreparedFolders } from './stages/prepare-folder.js';

const folders = new PreparedFolders();
let fake: FakeAdmin;
let client: AdminClient;
beforeAll(async () => {
  fake = await FakeAdmin.start();
  client = new AdminClient({ url: fake.url, token: fakeToken, actor: 'tester@here' });
});
afterAll(() => fake.stop());
afterEach(() => folders.remove());

type Prepared = TriedVersion & { readonly stages: readonly string[] };

/** Prepares and releases; `stages` are those that it went through, each once. */
async function prepare(path: string, options: PrepareOptions = {}): Promise<Prepared> {
  const stages = new Set<string>();
  const onEvent = (event: PublishEvent): void => {
    stages.add(event.stage === 'measure' ? `measure ${event.tier}` : event.stage);
  };
  const prepared = await prepareVersion(path, { ...options, onEvent });
  await prepared.release();
  return { ...prepared, stages: [...stages] };
}
const inputsOf = async ({ manifest, blobs }: TriedVersion, graph = 'main') =>
  Promise.all((manifest.graphs[graph]?.goldens ?? []).map(async ({ sha256 }) => decodeGolden(await blobs.get(sha256)!.bytes()).inputs)); // prettier-ignore
const allStages = ['read', 'inspect', 'optimise', 'record', 'prove', 'measure edge', 'measure origin', 'place'];

describe('the same files', () => {
  it('give the same version in any folder, and with a plan without being measured; measured or not, it is sent once', async () => {
    const folder = await folders.definition(doubleModel());
    const other = await folders.of({});
    await cp(folder, other, { recursive: true });
    const first = await prepare(folder);
    expect(first.stages).toEqual(allStages);
    expect(first.manifest.graphs['main']?.goldens).toHaveLength(3);
    expect(first.manifest.graphs['main']?.edgeElementsMax).toBeGreaterThanOrEqual(4);
    const again = await prepare(other);
    expect(again.manifest).toEqual(first.manifest);
    expect(again.digest).toBe(first.digest);

    await writePlan(folder, first.plan);
    const planned = await prepare(folder);
    expect(planned.stages).toEqual(['read', 'inspect', 'optimise', 'record']);
    expect([planned.digest, planned.findings.warnings]).toEqual([first.digest, []]);
    expect(planned.findings.proof).toHaveProperty('notRun');
    expect(planned.measurements).toEqual(first.measurements);

    // Of what is measured, only the decision is hashed.
    expect(first.measurements?.digest).toBe(await manifestDigest(first.manifest));
    expect(again.measurements).not.toEqual(first.measurements);

    await publish(client, first, { why: 'test' });
    expect(fake.requests).toContain(`PUT /admin/v1/measurements/${first.digest}`);
    const before = fake.requests.length;
    for (const version of [again, planned]) {
      expect(await publish(client, version, { why: 'test' })).toMatchObject({ added: false, uploadedBytes: 0 });
    }
    expect(fake.requests.slice(before).filter((request) => !request.startsWith('GET'))).toEqual([]);
  });
});

describe('a plan', () => {
  it('of other files is stale: that is said, and it is measured anew', async () => {
    const folder = await folders.definition(doubleModel());
    const unproven = await prepare(folder, { measure: false, plan: null });
    expect(unproven.stages).not.toContain('measure edge');
    await writePlan(folder, { ...unproven.plan, of: 'b'.repeat(64), placement: { tiers: ['origin'] } });
    const stale = await prepare(folder);
    expect(stale.stages).toEqual(allStages);
    expect(stale.manifest.placement.tiers).toEqual(['edge', 'origin']);
    expect(stale.findings.warnings).toEqual([expect.stringMatching(/^the plan is stale: .* measured anew/)]);
  });

  it('that is none is refused, and one that is not to be read does not matter', async () => {
    const folder = await folders.definition(doubleModel());
    await writeFile(join(folder, 'plan.json'), '{"schema":1}');
    await expect(prepare(folder)).rejects.toMatchObject({ code: 'invalid-plan' });
    expect((await prepare(folder, { plan: null, measure: false })).manifest.placement.tiers).toEqual(['edge', 'origin']); // prettier-ignore
  });
});

describe('what is to be stored', () => {
  it('is refused where it does not answer as the graph itself does, before anything is sent', async () => {
    const folder = await folders.definition(doubleModel());
    const before = fake.requests.length;
    const damaged: PrepareOptions = {
      transform: (_, artifact) => {
        const [weight] = findWeights(artifact.graph.model);
        return Promise.resolve({ ...artifact, graph: withChangedWeight(artifact.graph, weight!) });
      },
    };
    const publishing = prepare(folder, damaged).then((prepared) => publish(client, prepared, { why: 'test' }));
    await expect(publishing).rejects.toMatchObject({
      code: 'unequal-artifacts',
      message: expect.stringMatching(/graph "main" \(a\.onnx\).*natively.*output "y"/s) as string,
    });
    expect(fake.requests).toHaveLength(before);
  });

  it('may be a little off where its author says so, and not where he does not', async () => {
    const near: PrepareOptions = {
      measure: false,
      transform: (_, artifact) => {
        const graph = { file: 'a.onnx', model: doubleModel(2.01).bytes, externalData: {} };
        return Promise.resolve({ ...artifact, graph, optimised: false });
      },
    };
    const strict = await folders.definition(doubleModel());
    await expect(prepare(strict, near)).rejects.toMatchObject({ code: 'unequal-artifacts' });
    const tolerances = { y: { relative: 0.01 } };
    const { findings, manifest } = await prepare(await folders.definition(doubleModel(), {}, { tolerances }), near);
    expect(manifest.graphs['main']?.tolerances).toEqual(tolerances);
    expect(findings.proof).toMatchObject({ value: [{ runtime: 'native' }, { runtime: 'workerd', looser: true }] });
  });

  it('is refused with goldens that notice no change of a weight', async () => {
    const signature = doubleModel().signature;
    const nodes = [node('MatMul', ['x', 'w'], ['p']), node('Mul', ['p', 'nothing'], ['n']), node('Add', ['x', 'n'], ['y'])]; // prettier-ignore
    const weights = [floats('w', [4, 4], new Float32Array(16).fill(0.5)), floats('nothing', [], Float32Array.of(0))];
    const folder = await folders.definition(makeModel(signature, nodes, weights));
    await expect(prepare(folder)).rejects.toMatchObject({ code: 'blind-golden' });
  });

  it('is not even looked at where it is no ONNX', async () => {
    const folder = await folders.of({ 'a.onnx': 'PK\u0003\u0004 a zip, say' });
    await expect(prepare(join(folder, 'a.onnx'))).rejects.toMatchObject({ code: 'refused-graph' });
  });
});

describe('what cannot run at the edge', () => {
  it('is placed at the origin when wasm lacks an operator, which is named, and refused when wished at the edge alone', async () => {
    const lacking = blockedModel();
    const both = await prepare(await folders.definition(lacking));
    expect(both.manifest.placement.tiers).toEqual(['origin']);
    expect(both.findings.warnings.join('\n')).toContain('it is not placed at the edge, though that was wished');
    expect(both.plan.why?.join('\n')).toMatch(/onnxruntime-web.* has no kernel for GlobalAveragePool/);
    expect(both.stages).not.toContain('measure edge');
    const alone = await folders.definition(lacking, { placement: { tiers: ['edge'] } });
    await expect(prepare(alone)).rejects.toMatchObject({
      code: 'cannot-run-at-edge',
      message: expect.stringContaining('GlobalAveragePool') as string,
    });
  });

  it('is placed at the origin when it is too large for an isolate, with the figures, and refused likewise', async () => {
    const mib = 1024 ** 2;
    const options = { budget: { heapBytes: 24 * mib } };
    const both = await prepare(await folders.definition(heavyModel(24)), options);
    expect(both.manifest.placement.tiers).toEqual(['origin']);
    expect(both.findings.warnings).toEqual([expect.stringContaining('not placed at the edge')]);
    expect(both.plan.why?.join('\n')).toMatch(/took \d+\.\d MiB of heap in workerd, and the edge has 24\.0 MiB/);
    expect(both.measurements).toMatchObject({ edge: null, placement: { tiers: ['origin'] } });
    const alone = await folders.definition(heavyModel(24), { placement: { tiers: ['edge'] } });
    await expect(prepare(alone, options)).rejects.toMatchObject({
      code: 'cannot-run-at-edge',
      message: expect.stringMatching(/\d+\.\d MiB.*What would help/s) as string,
    });
  });
});

describe('goldens', () => {
  const request = (values: number[]) => ({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: values }],
  });

  it('are of the examples that a definition names, unless others are given', async () => {
    const folder = await folders.definition(doubleModel(), { examples: 'examples.json' });
    await writeFile(join(folder, 'examples.json'), JSON.stringify(request([1, 2, 3, 4])));
    const other = await folders.of({ 'other.json': JSON.stringify([request([5, 6, 7, 8]), request([9, 9, 9, 9])]) });
    const own = await prepare(folder, { measure: false });
    expect((await inputsOf(own)).map(([x]) => x?.data)).toEqual([Float32Array.of(1, 2, 3, 4)]);
    expect(own.findings.goldens['main']).toMatchObject({ value: { count: 1, from: { kind: 'examples' } } });
    const given = await prepare(folder, { measure: false, examples: join(other, 'other.json') });
    expect(await inputsOf(given)).toHaveLength(2);
    expect(given.digest).not.toBe(own.digest);
    await writeFile(join(folder, 'examples.json'), JSON.stringify(request([1, 2, 3])));
    await expect(prepare(folder)).rejects.toMatchObject({ code: 'bad-examples', message: expect.stringContaining('examples.json') as string }); // prettier-ignore
  });

  it('are not made, nor is anything tried, where a publisher does without', async () => {
    const folder = await folders.definition(doubleModel());
    const { stages, manifest, measurements } = await prepare(folder, { trials: false });
    expect(stages).toEqual(['read', 'inspect', 'optimise']);
    expect([manifest.graphs['main']?.goldens, measurements]).toEqual([undefined, undefined]);
  });

  it('are none of a graph that answers by chance, and that is said', async () => {
    const signature = { inputs: [spec('x', 'FP32', [1])], outputs: [spec('y', 'FP32', [1])] };
    const chance = makeModel(signature, [node('RandomUniformLike', ['x'], ['noise']), node('Add', ['x', 'noise'], ['y'])]); // prettier-ignore
    const { findings, manifest } = await prepare(await folders.definition(chance), { measure: false });
    expect(manifest.graphs['main']?.goldens).toBeUndefined();
    expect(findings.warnings).toEqual([expect.stringMatching(/no goldens: it does not answer the same twice/)]);
  });
});
