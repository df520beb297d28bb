import { manifestDigest } from '../../shared/manifest/digest.js';
import type { Manifest } from '../../shared/manifest/manifest.js';
import type { Content } from './content/content.js';
import { loadDefinition } from './load-definition.js';
import type { EdgeBudget } from './measure/measured.js';
import type { Artifact } from './optimise/choose-artifact.js';
import type { Prices } from './place/cost-of.js';
import type { Plan } from './plan/plan.js';
import type { PublishObserver } from './publish-events.js';
import { readFiles } from './read-files.js';
import { compiledReportOf, compileStage } from './stages/compile-stage.js';
import { decide, type Decision } from './stages/decide.js';
import type { Findings } from './report/findings.js';
import { goldensStage } from './stages/goldens-stage.js';
import { quantizeStage } from './stages/quantize-stage.js';
import { undecidedVersion } from './stages/undecided-version.js';
import type { Measurements } from '../../shared/measure/measurements.js';

/** A version that is ready to be stored: what it is, and the bytes of its blobs by their SHA-256. */
export interface PreparedVersion {
  readonly manifest: Manifest;
  readonly digest: string;
  readonly blobs: ReadonlyMap<string, Content>;
  /** Of this digest, where it was measured. */
  readonly measurements?: Measurements | undefined;
}

/** And what its publisher may want to know. `release` when its blobs are not needed any more. */
export interface TriedVersion extends PreparedVersion {
  readonly plan: Plan;
  readonly findings: Findings;
  release(): Promise<void>;
}

export interface PrepareOptions {
  /** The model's name instead of the definition's. */
  readonly name?: string | undefined;
  readonly onEvent?: PublishObserver | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly inspectTimeoutMs?: number;
  readonly runnerJs?: string;
  /** False: graphs are stored as they are, whatever the definition says. */
  readonly optimise?: boolean | undefined;
  /** What becomes of a graph between optimising and proving: tests damage it here. */
  readonly transform?: (graph: string, artifact: Artifact) => Promise<Artifact>;
  /** A file or folder of examples instead of the definition's. */
  readonly examples?: string | undefined;
  /** False: it is placed as wished, and nothing says what fits. */
  readonly measure?: boolean | undefined;
  /** A plan's file, or its folder; default: the definition's folder. Null: whatever was decided before is decided anew. */
  readonly plan?: string | null | undefined;
  readonly budget?: Partial<EdgeBudget> | undefined;
  readonly prices?: Partial<Prices> | undefined;
  readonly nowMs?: () => number;
  /** False: no goldens, no proof, nothing measured. For benchmarks and tests of other things. */
  readonly trials?: boolean;
}

/**
 * A folder (or definition, or `.onnx` file) → a version, without asking any server: read, checked, optimised, held
 * against goldens of the author's own graphs on both runtimes, measured and placed. Throws PublishError.
 */
export async function prepareVersion(path: string, options: PrepareOptions = {}): Promise<TriedVersion> {
  const { definition, folder } = await loadDefinition(path, options.name);
  const read = await readFiles(definition, folder, { signal: options.signal });
  try {
    const bytes = [...read.blobs.values()].reduce((sum, blob) => sum + blob.byteLength, 0);
    options.onEvent?.({ stage: 'read', model: definition.name, files: read.blobs.size, bytes });
    const { inspectTimeoutMs, ...rest } = options;
    const stageOptions = { ...rest, work: read.work, ...(inspectTimeoutMs === undefined ? {} : { timeoutMs: inspectTimeoutMs }) }; // prettier-ignore
    const compiled = await compileStage(definition, read.graphs, stageOptions);
    const files = Object.fromEntries(Object.entries(read.refs.files).map(([name, { sha256 }]) => [name, contentOf(read.blobs, sha256)])); // prettier-ignore
    const recorded =
      options.trials === false ? {} : await goldensStage({ definition, folder, files, graphs: compiled }, stageOptions);
    const { graphs, warnings } = await quantizeStage(definition, compiled, recorded, stageOptions);
    const undecided = undecidedVersion({ definition, read, graphs, recorded });
    const decision = await decide({ definition, folder, graphs, recorded, manifest: undecided.manifest }, stageOptions);
    const { manifest } = decision;
    const digest = await manifestDigest(manifest);
    const measurements = decision.measurements === null ? undefined : { ...decision.measurements, digest };
    const findings: Findings = {
      compiled: Object.fromEntries(graphs.map((graph) => [graph.name, { value: compiledReportOf(graph) }])),
      goldens: Object.fromEntries(Object.entries(recorded).map(([name, { report }]) => [name, report])),
      proof: decision.proof,
      measurements: measurements === undefined ? { notRun: decision.notMeasured } : { value: measurements },
      warnings: [...warnings, ...Object.values(recorded).flatMap(({ warnings }) => warnings), ...decision.warnings],
    };
    const plan = planOf(decision);
    return {
      manifest,
      digest,
      blobs: undecided.blobs,
      measurements,
      plan,
      findings,
      release: () => read.work.remove(),
    };
  } catch (error) {
    await read.work.remove();
    throw error;
  }
}

function contentOf(blobs: ReadonlyMap<string, Content>, sha256: string): Content {
  const content = blobs.get(sha256);
  if (content === undefined) throw new Error(`the blob ${sha256} was not read`);
  return content;
}

function planOf({ of, manifest, measurements }: Decision): Plan {
  const graphs = Object.entries(manifest.graphs).map(([name, { edgeElementsMax }]) => [
    name,
    edgeElementsMax === undefined ? {} : { edgeElementsMax },
  ]);
  return {
    schema: 1,
    of,
    placement: manifest.placement,
    graphs: Object.fromEntries(graphs) as Plan['graphs'],
    ...(measurements === null ? {} : { why: measurements.placement.why, measurements }),
  };
}
