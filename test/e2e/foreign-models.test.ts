import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareOutputs } from '../../shared/golden/compare-outputs.js';
import { fixedLayouts } from '../../shared/protocol/datatype.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import {
  encoderLengthMax, encoderVocabulary, imageClassifier, maskedPool, transformerEncoder,
} from '../harness/foreign-models.js'; // prettier-ignore
import { dataFromJson } from '../harness/data-from-json.js';
import { integerBelow, seededRandom } from '../harness/random.js';
import { adminToken, ask, type Reply, Stack } from '../harness/stack.js';
import type { TestModel } from '../harness/onnx.js';
import { folderOf, removeFolder } from '../scripts/model-folder.js';
import { runBrink } from '../scripts/run-brink.js';

const random = seededRandom(5);
const floatsOf = (name: string, shape: number[]): Tensor => {
  const count = shape.reduce((product, size) => product * size, 1);
  return { name, datatype: 'FP32', shape, data: Float32Array.from({ length: count }, () => random() * 2 - 1) };
};
const tokens = (rows: number, length: number): Tensor => {
  const ids = Array.from({ length: rows * length }, () => BigInt(integerBelow(random, encoderVocabulary)));
  return { name: 'tokens', datatype: 'INT64', shape: [rows, length], data: BigInt64Array.from(ids) };
};
const mask = (...rows: number[][]): Tensor => ({
  name: 'mask',
  datatype: 'BOOL',
  shape: [rows.length, rows[0]!.length],
  data: Uint8Array.from(rows.flat()),
});

/** Models that nobody of the project has seen, and requests that are not what publishing generates. */
const foreign: [name: string, model: TestModel, requests: Tensor[][]][] = [
  ['classifier', imageClassifier(11), [[floatsOf('image', [1, 3, 32, 32])], [floatsOf('image', [4, 3, 32, 32])]]],
  ['encoder', transformerEncoder(12), [[tokens(1, 7)], [tokens(3, 21)], [tokens(1, encoderLengthMax)]]],
  [
    'pool',
    maskedPool(13),
    [
      [floatsOf('points', [1, 3, 8]), mask([1, 0, 1])],
      [floatsOf('points', [2, 5, 8]), mask([1, 1, 1, 1, 1], [0, 0, 0, 0, 0])],
    ],
  ],
];

/** What the native runtime answers to the file as it is. */
async function answersOf({ bytes, signature }: TestModel, inputs: readonly Tensor[]): Promise<Tensor[]> {
  const session = await InferenceSession.create(bytes);
  const feeds = inputs.map(({ name, datatype, data, shape }) => {
    if (datatype === 'BYTES') throw new Error('expected numbers');
    return [name, new OrtTensor(fixedLayouts[datatype].ort, data, shape)];
  });
  const got = await session.run(Object.fromEntries(feeds) as Record<string, OrtTensor>);
  return signature.outputs.map(({ name, datatype }) => {
    const { data, dims } = got[name]!;
    return { name, datatype, shape: [...dims], data: data as Float32Array };
  });
}

const patience = { timeout: 30_000, interval: 100 };
const inferBody = (inputs: readonly Tensor[]): string => {
  const members = inputs.map((input) => ({ ...input, data: Array.from(input.data as ArrayLike<number>, Number) }));
  return JSON.stringify({ inputs: members });
};

describe('a model that the project does not know', () => {
  let stack: Stack;
  let folder: string;
  beforeAll(async () => {
    stack = await Stack.start();
    folder = await folderOf({});
  });
  afterAll(async () => {
    await stack.dispose();
    await removeFolder(folder);
  });

  it.each(foreign)(
    'goes from a bare file (%s.onnx) to right answers at the edge with one publish and one promote',
    async (name, model, requests) => {
      const file = join(folder, `${name}.onnx`);
      await writeFile(file, model.bytes);
      const server = ['--url', stack.edge.url, '--token', adminToken];
      const tmp = join(folder, `tmp-${name}`);
      await mkdir(tmp);
      const published = await runBrink(['publish', file, '--json', ...server], { env: { TMPDIR: tmp } });
      expect(published.exit, published.stderr).toBe(0);
      expect(await readdir(tmp)).toEqual([]);
      const { digest } = JSON.parse(published.stdout) as { digest: string };
      expect(JSON.parse(published.stdout)).toMatchObject({ model: name, version: 'v1', tiers: ['edge', 'origin'] });
      const promoted = await runBrink(['promote', name, 'v1', ...server]);
      expect(promoted.exit, promoted.stderr).toBe(0);
      const infer = (inputs: readonly Tensor[]): Promise<Reply> =>
        ask(`${stack.edge.url}/v2/models/${name}/infer`, {
          body: inferBody(inputs),
          headers: { 'content-type': 'application/json' },
        });
      // Until it is loaded there the origin answers: nobody waits for a cold start.
      await expect.poll(async () => (await infer(requests[0]!)).servedBy, patience).toBe('edge');
      for (const inputs of requests) {
        const answer = await infer(inputs);
        expect([answer.status, answer.servedBy, answer.digest], answer.code).toEqual([200, 'edge', digest]);
        const { outputs } = answer.json() as { outputs: Parameters<typeof dataFromJson>[0][] };
        const got = outputs.map(dataFromJson);
        const expected = await answersOf(model, inputs);
        expect(compareOutputs(expected, got).map(({ within, text }) => (within ? 'within' : text))).toEqual(['within']);
      }
    },
  );
});
