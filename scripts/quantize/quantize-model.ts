import type { Definition } from '../../models/define.js';
import { PublishError } from '../publish/publish-error.js';
import type { Example, Examples } from '../publish/goldens/example.js';
import { examplesOf } from '../publish/goldens/examples-of.js';
import { generatedExamples } from '../publish/goldens/generated-examples.js';
import { compileGraph } from '../publish/compile-graph.js';
import { graphSize } from '../publish/graph-size.js';
import type { ReadFiles } from '../publish/read-files.js';
import type { GraphBytes, InspectOptions } from '../publish/throw-away-runner.js';
import type { Signature } from '../../shared/protocol/tensor.js';
import { startEdgeTrial } from '../trial/start-edge-trial.js';
import type { RangeMethod } from './calibrate/value-ranges.js';
import { compareInWorkerd, type ComparedInWorkerd } from './compare/compare-in-workerd.js';
import type { FoldReport } from './fold/fold-graph.js';
import { quantizeArtifact } from './quantize-artifact.js';
import type { QuantizedOperator } from './quantize-graph.js';
import type { SchemeName } from './schemes/scheme.js';
import { splitExamples } from './split-examples.js';

export interface QuantizeOptions extends InspectOptions {
  /** For every operator that takes it. */
  readonly scheme: Exclude<SchemeName, 'fp32'>;
  /** Operators that stay fp32, by id. */
  readonly exclude: readonly string[];
  readonly rangeMethod: RangeMethod;
  /** Turns of timing in workerd; 0: not timed. */
  readonly rounds: number;
  /** False: graphs are quantized as they are. */
  readonly optimise: boolean;
  readonly onStage?: ((graph: string, stage: QuantizeStage) => void) | undefined;
}
export type QuantizeStage = 'optimise' | 'examples' | 'calibrate' | 'quantize' | 'compare';

export interface QuantizedModelGraph {
  readonly name: string;
  readonly source: GraphBytes;
  /** What is to be used: it has passed the gate and loads in onnxruntime-web. */
  readonly quantized: GraphBytes;
  readonly sourceBytes: number;
  readonly quantizedBytes: number;
  readonly folds: FoldReport;
  readonly operators: readonly QuantizedOperator[];
  readonly compared: ComparedInWorkerd;
  readonly warnings: readonly string[];
}

export interface QuantizeInput {
  readonly definition: Definition;
  readonly read: ReadFiles;
  /** A file or folder of requests or tensors; undefined: generated. */
  readonly examplesPath: string | undefined;
}

const seed = 1;

/**
 * One graph of a definition: optimised, folded, calibrated, quantized by one scheme, and held against what it was, in a
 * real workerd. Throws PublishError `cannot-quantize` where there is nothing to quantize, and what publishing throws.
 */
export async function quantizeModel(
  name: string,
  { definition, read, examplesPath }: QuantizeInput,
  options: QuantizeOptions,
): Promise<QuantizedModelGraph> {
  const source = read.graphs[name];
  if (source === undefined) throw new PublishError('invalid-definition', `there is no graph "${name}"`);
  const tell = (stage: QuantizeStage): void => options.onStage?.(name, stage);
  tell('optimise');
  const { artifact, signature } = await compileGraph(name, source, { ...options, optimise: options.optimise, forEdge: true, onStage: () => undefined }); // prettier-ignore
  tell('examples');
  const { examples, warnings } = await examplesFor({ name, source, signature }, { definition, read, examplesPath }, options); // prettier-ignore
  const { calibration, evaluation } = splitExamples(examples);
  const settings = { ...options, ranges: options.rangeMethod, inputs: calibration.map(({ inputs }) => inputs) };
  const made = await quantizeArtifact(name, artifact.graph, settings, { ...options, onStep: tell });
  if (typeof made === 'string') throw cannotQuantize(name, source, made);
  const { graph, folds, operators } = made;
  tell('compare');
  const trial = await startEdgeTrial({ signal: options.signal });
  try {
    const compared = await compareInWorkerd(trial, { fp32: artifact.graph, quantized: graph }, evaluation, options);
    return {
      name, source, quantized: graph, sourceBytes: graphSize(artifact.graph), quantizedBytes: graphSize(graph), folds,
      operators, compared, warnings,
    }; // prettier-ignore
  } finally {
    await trial.close();
  }
}

async function examplesFor(
  { name, source, signature }: { readonly name: string; readonly source: GraphBytes; readonly signature: Signature },
  { definition, read, examplesPath }: QuantizeInput,
  options: QuantizeOptions,
): Promise<{ readonly examples: readonly Example[]; readonly warnings: readonly string[] }> {
  if (examplesPath !== undefined) {
    const files = Object.entries(read.refs.files).map(async ([file, { sha256 }]) => [file, (await read.blobs.get(sha256)?.bytes()) ?? new Uint8Array()] as const); // prettier-ignore
    const context = { definition, signatures: { [name]: signature }, graphs: read.graphs, files: Object.fromEntries(await Promise.all(files)) }; // prettier-ignore
    const given: Examples = await examplesOf(examplesPath, context, options);
    const examples = given[name] ?? [];
    if (examples.length > 0) return { examples, warnings: [] };
  }
  const largest = definition.graphs[name]?.largest;
  const examples = await generatedExamples(name, source, { ...options, signature, seed, largest, count: 6 });
  if (examples.length === 0) throw cannotQuantize(name, source, 'it takes no generated inputs: give some with --examples'); // prettier-ignore
  const warning = 'its inputs were generated: what is said of its accuracy holds for noise, not for what it will be asked (give --examples)'; // prettier-ignore
  return { examples, warnings: [warning] };
}

const cannotQuantize = (name: string, { file }: GraphBytes, why: string): PublishError =>
  new PublishError('cannot-quantize', `graph "${name}" (${file}) cannot be quantized: ${why}`);
