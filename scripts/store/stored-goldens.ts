import { BrinkError } from '../../shared/errors/brink-error.js';
import { decodeGolden } from '../../shared/golden/encode-golden.js';
import type { Golden } from '../../shared/golden/golden.js';
import { runGolden } from '../../shared/golden/run-golden.js';
import { edgeGraphOf } from '../../shared/manifest/edge-graph.js';
import type { GraphEntry, Manifest } from '../../shared/manifest/manifest.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import type { Content } from '../publish/content/content.js';
import { outputsOf } from '../publish/first-run.js';
import { passGate } from '../publish/pass-gate.js';
import { PublishError } from '../publish/publish-error.js';
import { type GraphBytes, type InspectOptions, throwAwayRunner } from '../publish/throw-away-runner.js';
import { startEdgeTrial } from '../trial/start-edge-trial.js';
import type { Check } from './verification.js';

export interface RunStored extends InspectOptions {
  readonly onCheck: (check: Check) => void;
}

type Run = (inputs: readonly Tensor[]) => Promise<readonly Tensor[]>;
type Where = 'native' | 'workerd';

/** Runs every golden of a version, each graph in a process that is thrown away, and in workerd where it may run there. */
export async function runStoredGoldens(
  manifest: Manifest,
  blobs: ReadonlyMap<string, Content>,
  options: RunStored,
): Promise<void> {
  for (const [name, entry] of Object.entries(manifest.graphs)) {
    const count = entry.goldens?.length ?? 0;
    const tell = (where: Where, state: Check['state'], detail: string): void =>
      options.onCheck({ what: 'golden', name: `graph ${name}`, where, state, detail, bytes: null });
    if (count === 0) {
      tell('native', 'absent', 'it was published without goldens');
      continue;
    }
    const graph = await graphOf(name, entry, blobs);
    const goldens = await goldensOf(entry, blobs);
    if (graph === undefined || goldens === undefined) {
      tell('native', 'failed', 'they could not be run: files of the graph are missing or damaged');
      continue;
    }
    const all = (where: Where, held: GraphEntry) => (run: Run) => runAll({ name, entry: held, goldens, where }, run, options); // prettier-ignore
    await telling(tell, 'native', () => runNative(name, graph, options, all('native', entry)));
    if (!manifest.placement.tiers.includes('edge')) continue;
    const atEdge = edgeGraphOf(entry);
    const edgeGraph = await graphOf(name, atEdge, blobs);
    if (edgeGraph === undefined)
      tell('workerd', 'failed', 'they could not be run: files of the graph are missing or damaged'); // prettier-ignore
    else await telling(tell, 'workerd', () => runInWorkerd(name, edgeGraph, atEdge, options, all('workerd', atEdge)));
  }
}

async function runNative(
  name: string,
  graph: GraphBytes,
  options: RunStored,
  work: (run: Run) => Promise<void>,
): Promise<void> {
  passGate(name, graph); // what is stored is no more to be trusted than what is published
  await throwAwayRunner(name, graph, options, (loaded) =>
    work(async (inputs) => {
      const outputs = await outputsOf(name, loaded, inputs);
      if (outputs !== undefined) return outputs;
      throw new BrinkError('model-rejected-input', 'onnxruntime does not take its inputs');
    }),
  );
}

async function runInWorkerd(
  name: string,
  graph: GraphBytes,
  { optimised }: GraphEntry,
  { signal }: RunStored,
  work: (run: Run) => Promise<void>,
): Promise<void> {
  const trial = await startEdgeTrial({ signal });
  try {
    await trial.load(name, graph, { optimised: optimised !== undefined });
    await work(async (inputs) => (await trial.run(name, inputs)).outputs);
  } finally {
    await trial.close();
  }
}

interface Goldens {
  readonly name: string;
  readonly entry: GraphEntry;
  readonly goldens: readonly Golden[];
  readonly where: Where;
}

/** Each by itself: one that fails says nothing of the others. */
async function runAll({ name, entry, goldens, where }: Goldens, run: Run, { onCheck }: RunStored): Promise<void> {
  for (const [index, golden] of goldens.entries()) {
    const check = { what: 'golden', name: `graph ${name}: golden ${index + 1}`, where, bytes: null } as const;
    try {
      await runGolden(golden, entry.tolerances, run);
      onCheck({ ...check, state: 'ok', detail: 'its outputs are within the tolerances' });
    } catch (error) {
      if (!(error instanceof BrinkError) || error.code !== 'golden-failed') throw error;
      onCheck({ ...check, state: 'failed', detail: error.message });
    }
  }
}

/** What ends all goldens of a graph at once: it does not load, or its process ended. */
async function telling(
  tell: (where: Where, state: Check['state'], detail: string) => void,
  where: Where,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof PublishError) && !(error instanceof BrinkError)) throw error;
    tell(where, 'failed', error.message);
  }
}

async function graphOf(
  name: string,
  { model, externalData }: GraphEntry,
  blobs: ReadonlyMap<string, Content>,
): Promise<GraphBytes | undefined> {
  const bytes = await blobs.get(model.sha256)?.bytes();
  const files = Object.entries(externalData).map(([file, { sha256 }]) => [file, blobs.get(sha256)] as const);
  const there = files.filter((entry): entry is [string, Content] => entry[1] !== undefined);
  if (bytes === undefined || there.length < files.length) return undefined;
  return { file: `${name}.onnx`, model: bytes, externalData: Object.fromEntries(there) };
}

async function goldensOf(
  { goldens = [] }: GraphEntry,
  blobs: ReadonlyMap<string, Content>,
): Promise<Golden[] | undefined> {
  const contents = goldens.map(({ sha256 }) => blobs.get(sha256));
  const decoded: Golden[] = [];
  for (const content of contents) {
    if (content === undefined) return undefined;
    decoded.push(decodeGolden(await content.bytes()));
  }
  return decoded;
}
