import { sameOutputs } from '../../../origin/engine/batch/compare-runs.js';
import { tryInWasm } from '../../inspect/try-in-wasm.js';
import { type FirstRun, outputsOf } from '../first-run.js';
import { passGate } from '../pass-gate.js';
import { PublishError } from '../publish-error.js';
import { type GraphBytes, type InspectOptions, throwAwayRunner } from '../throw-away-runner.js';
import { optimiseGraph } from './optimise-graph.js';

/** What is stored of a graph, and why. */
export interface Artifact {
  readonly graph: GraphBytes;
  readonly optimised: boolean;
  /** For whoever publishes. */
  readonly why: string;
}

export interface ChooseOptions extends InspectOptions {
  /** The graph's own answers; undefined where nothing is known that it can be run with. */
  readonly run: FirstRun | undefined;
  /** Whether it may run at the edge, and so must load in onnxruntime-web. */
  readonly forEdge: boolean;
}

/** Constants that are folded may take more room than what they are made of: not more than this of it. */
const growthMax = 1.5;
/** And what onnxruntime writes into every graph. */
const growthBytes = 16 * 1024;

/**
 * The graph optimised, if that loads wherever it may run, gives the same outputs as the graph itself, and is not much
 * larger; else the graph as it is. Throws PublishError when the optimised graph gives other outputs, unless the graph
 * itself does not give the same twice.
 */
export async function chooseArtifact(name: string, graph: GraphBytes, options: ChooseOptions): Promise<Artifact> {
  const asIs = (why: string): Artifact => ({ graph, optimised: false, why });
  for (const placing of ['beside', 'inside'] as const) {
    const optimised = await optimiseGraph(graph, placing, options);
    if (optimised === undefined || bytesOf(optimised) > growthMax * bytesOf(graph) + growthBytes) continue;
    passGate(name, optimised);
    const [refusals, isSame] = await Promise.all([
      options.forEdge ? tryInWasm([optimised], options) : [null],
      givesTheSame(name, optimised, options),
    ]);
    if (refusals[0] !== null) return asIs('optimised it does not load in onnxruntime-web');
    if (!isSame && !(await givesTheSame(name, graph, options))) return asIs('it answers the same inputs differently');
    if (!isSame) throw unequal(name, graph);
    return { graph: optimised, optimised: true, why: `its weights ${placing} it` };
  }
  return asIs('optimised it would be larger, or cannot be written');
}

const bytesOf = ({ model, externalData }: GraphBytes): number =>
  Object.values(externalData).reduce((sum, { byteLength }) => sum + byteLength, model.byteLength);

/** Whether it answers what the graph itself has answered; true where it has not. */
async function givesTheSame(name: string, graph: GraphBytes, options: ChooseOptions): Promise<boolean> {
  const { run } = options;
  if (run === undefined) return true;
  const got = await throwAwayRunner(name, graph, options, (loaded) => outputsOf(name, loaded, run.inputs));
  return got !== undefined && sameOutputs(run.outputs, got);
}

function unequal(name: string, { file }: GraphBytes): PublishError {
  const text = `graph "${name}" (${file}) gives other outputs once onnxruntime has optimised it`;
  return new PublishError('unequal-artifacts', `${text}: publish it with --no-optimise, or "optimise": false`);
}
