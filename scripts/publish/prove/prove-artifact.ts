import { compareOutputs, type OutputError } from '../../../shared/golden/compare-outputs.js';
import type { Golden } from '../../../shared/golden/golden.js';
import type { Tolerance } from '../../../shared/golden/tolerance.js';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import type { EdgeTrial } from '../../trial/edge-trial.js';
import { outputsOf } from '../first-run.js';
import { PublishError } from '../publish-error.js';
import type { ProofRuntime } from '../publish-events.js';
import { type GraphBytes, type InspectOptions, throwAwayRunner } from '../throw-away-runner.js';
import { timeForRuns } from './time-for-runs.js';
import { type ProofRow, proofRows } from './proof-row.js';

export interface ProveOptions extends InspectOptions {
  readonly optimised: boolean;
  /** By output, as the graph's author declares them. */
  readonly tolerances?: Readonly<Record<string, Tolerance>> | undefined;
  /** False: it is the edge's alone. */
  readonly native?: boolean;
  /** A real workerd; undefined for a version that is not to run at the edge. */
  readonly trial: EdgeTrial | undefined;
  /** Called when the goldens' turn comes on a runtime. */
  readonly onRuntime?: (runtime: ProofRuntime) => void;
}

export interface Proof {
  readonly rows: readonly ProofRow[];
  /** Why it cannot run at the edge, for who decides where it goes; null: it did, or it was not asked to. */
  readonly notAtEdge: string | null;
}

/** What a golden got on a runtime; undefined: it was refused. */
type Answers = readonly (readonly Tensor[] | undefined)[];

/**
 * Runs every golden on what is published of a graph, natively and in workerd, and holds the outputs against what its
 * author's graph answered. Throws PublishError `unequal-artifacts` where one is not within its tolerance. That workerd
 * has no room for it, or no kernel, is no disagreement: `notAtEdge` says so.
 */
export async function proveArtifact(
  name: string,
  artifact: GraphBytes,
  goldens: readonly Golden[],
  options: ProveOptions,
): Promise<Proof> {
  if (goldens.length === 0) return { rows: [], notAtEdge: null };
  const rows = options.native === false ? [] : await provenNatively(name, artifact, goldens, options);
  if (options.trial === undefined) return { rows, notAtEdge: null };
  options.onRuntime?.('workerd');
  const atEdge = await answersAtEdge(name, artifact, goldens, { ...options, trial: options.trial });
  if (typeof atEdge === 'string') return { rows, notAtEdge: atEdge };
  return { rows: [...rows, ...compared('workerd', atEdge, { name, artifact, goldens, options })], notAtEdge: null };
}

async function provenNatively(
  name: string,
  artifact: GraphBytes,
  goldens: readonly Golden[],
  options: ProveOptions,
): Promise<ProofRow[]> {
  options.onRuntime?.('native');
  const limits = timeForRuns(options, artifact, goldens.length);
  const native = await throwAwayRunner(name, artifact, limits, async (loaded) => {
    const answers: (readonly Tensor[] | undefined)[] = [];
    for (const { inputs } of goldens) answers.push(await outputsOf(name, loaded, inputs));
    return answers;
  });
  return compared('native', native, { name, artifact, goldens, options });
}

/** A text: why it does not run there. */
async function answersAtEdge(
  name: string,
  artifact: GraphBytes,
  goldens: readonly Golden[],
  { trial, optimised, signal }: ProveOptions & { readonly trial: EdgeTrial },
): Promise<Answers | string> {
  const answers: (readonly Tensor[])[] = [];
  let does = 'load';
  try {
    await trial.load(name, artifact, { optimised });
    for (const { inputs } of goldens) {
      does = `run golden ${answers.length + 1} of ${goldens.length}`;
      answers.push((await trial.run(name, inputs, { times: 0 })).outputs);
    }
    return answers;
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof BrinkError)) throw error;
    if (error.code === 'heap-exhausted') return `not proven at the edge: too large to ${does} in workerd`;
    const said = error.cause instanceof Error ? error.cause.message : error.cause;
    const why = typeof said === 'string' ? said.replaceAll(/\s+/g, ' ').slice(0, 300) : error.message;
    return `not proven at the edge: it does not ${does} in workerd (${error.code}): ${why}`;
  } finally {
    await trial.release(name).catch(() => undefined); // where it has ended, nothing is left to be released
  }
}

interface Proven {
  readonly name: string;
  readonly artifact: GraphBytes;
  readonly goldens: readonly Golden[];
  readonly options: ProveOptions;
}

function compared(runtime: ProofRow['runtime'], answers: Answers, proven: Proven): ProofRow[] {
  const { name, goldens, options } = proven;
  const errors = goldens.map(({ outputs }, at): readonly OutputError[] => {
    const got = answers[at];
    if (got === undefined) throw unequal(runtime, at, 'it refuses the inputs', proven);
    const all = compareOutputs(outputs, got, options.tolerances);
    const fault = all.find(({ within }) => !within);
    if (fault !== undefined) throw unequal(runtime, at, `${fault.text}${figures(fault)}`, proven);
    return all;
  });
  return proofRows(name, runtime, errors);
}

function figures({ absolute, relative, cosine, top1 }: OutputError): string {
  const shown = Object.entries({ absolute, relative, cosine, 'top-1': top1 }).filter(([, value]) => value !== null);
  return `; worst ${shown.map(([what, value]) => `${what} ${Number(Number(value).toPrecision(4))}`).join(', ')}`;
}

function unequal(runtime: ProofRow['runtime'], at: number, what: string, proven: Proven): PublishError {
  const { name, artifact, goldens, options } = proven;
  const where = runtime === 'native' ? 'natively' : 'in workerd';
  const ways = [
    'declare a looser tolerance for that output ("tolerances" beside the graph in its definition)',
    ...(options.optimised ? ['publish the graph as it is (--no-optimise)'] : []),
    'or report it, if neither explains it',
  ].join(', ');
  const text = `graph "${name}" (${artifact.file}) as it would be published does not answer ${where} as its author's graph does`; // prettier-ignore
  return new PublishError('unequal-artifacts', `${text}: ${what} (golden ${at + 1} of ${goldens.length}): ${ways}`);
}
