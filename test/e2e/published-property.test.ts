import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PreparedVersion, prepareVersion } from '../../scripts/publish/prepare-version.js';
import { publish } from '../../scripts/publish/publish.js';
import { compareOutputs } from '../../shared/golden/compare-outputs.js';
import { decodeGolden } from '../../shared/golden/encode-golden.js';
import type { Golden } from '../../shared/golden/golden.js';
import { dataFromJson } from '../harness/data-from-json.js';
import { randomGraph } from '../harness/random-graph.js';
import { ask, Stack } from '../harness/stack.js';
import { folderOf, removeFolder } from '../scripts/model-folder.js';

/** Two of each kind of graph. */
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
const patience = { timeout: 30_000, interval: 100 };

async function goldensOf({ manifest, blobs }: PreparedVersion): Promise<Golden[]> {
  const refs = manifest.graphs['model']?.goldens ?? [];
  return Promise.all(refs.map(async ({ sha256 }) => decodeGolden(await blobs.get(sha256)!.bytes())));
}

describe('any version that is published', () => {
  let stack: Stack;
  let folder: string;
  const prepared = new Map<string, { golden: Golden[]; tiers: readonly ('edge' | 'origin')[]; digest: string }>();

  beforeAll(async () => {
    stack = await Stack.start();
    folder = await folderOf({});
  });
  afterAll(async () => {
    await stack.dispose();
    await removeFolder(folder);
  });

  it.each(seeds)('loads on each tier that it claims and answers its goldens there (graph of seed %i)', async (seed) => {
    const model = `random-${seed}`;
    const file = join(folder, `${model}.onnx`);
    await writeFile(file, randomGraph(seed).bytes);
    const version = await prepareVersion(file);
    try {
      const { version: name } = await publish(stack.admin, version, { why: 'test' });
      await stack.admin.promote(model, name, { why: 'test', bakeMs: 0 });
      const { digest } = version;
      const { tiers } = version.manifest.placement;
      prepared.set(model, { golden: await goldensOf(version), tiers, digest });
    } finally {
      await version.release();
    }
    const { golden, tiers, digest } = prepared.get(model)!;
    expect([golden.length, tiers]).toEqual([3, ['edge', 'origin']]);
    for (const tier of tiers) {
      for (const { inputs, outputs } of golden) {
        const body = JSON.stringify({
          inputs: inputs.map((input) => ({ ...input, data: Array.from(input.data as ArrayLike<number>, Number) })),
        });
        const send = () =>
            ask(`${stack.edge.url}/v2/models/${model}/infer`, { body, serveOn: tier, headers: { 'content-type': 'application/json' } }); // prettier-ignore
        // The origin loads it when it hears of it.
        await expect.poll(async () => (await send()).status, patience).toBe(200);
        const answer = await send();
        expect([answer.servedBy, answer.digest]).toEqual([tier, digest]);
        const got = (answer.json()['outputs'] as Parameters<typeof dataFromJson>[0][]).map(dataFromJson);
        const faults = compareOutputs(outputs, got).filter(({ within }) => !within);
        expect(faults.map(({ text }) => text)).toEqual([]);
      }
    }
  });

  it('has failed nowhere when all have answered', () => {
    expect(prepared.size).toBe(seeds.length);
    const failed =
      /"event":"(?:golden-failed|corrupt-blob|runner-died|runner-start-failed)"|artifact-corrupt|engine-failed/;
    expect([...stack.edgeLines, ...stack.originLines].filter((line) => failed.test(line))).toEqual([]);
  });
});
