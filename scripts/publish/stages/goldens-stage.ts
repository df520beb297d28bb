import { join } from 'node:path';
import type { Definition } from '../../../models/define.js';
import type { Golden } from '../../../shared/golden/golden.js';
import type { Content } from '../content/content.js';
import type { Examples } from '../goldens/example.js';
import { examplesOf } from '../goldens/examples-of.js';
import { generatedExamples } from '../goldens/generated-examples.js';
import { recordGoldens } from '../goldens/record-goldens.js';
import type { PrepareOptions } from '../prepare-version.js';
import type { GoldensReport } from '../report/publish-report.js';
import type { Section } from '../report/section.js';
import type { InspectOptions } from '../throw-away-runner.js';
import type { CompiledGraph } from './compile-stage.js';

export interface RecordedGraph {
  readonly goldens: readonly Golden[];
  readonly report: Section<GoldensReport>;
  /** For whoever publishes. */
  readonly warnings: readonly string[];
}

export interface GoldensInput {
  readonly definition: Definition;
  /** The definition's folder. */
  readonly folder: string;
  /** The definition's files, by name. */
  readonly files: Readonly<Record<string, Content>>;
  readonly graphs: readonly CompiledGraph[];
}

const seed = 1;

/** The goldens of every graph, by its name: of the examples that are given, of generated inputs where there are none. */
export async function goldensStage(
  input: GoldensInput,
  options: PrepareOptions & InspectOptions,
): Promise<Record<string, RecordedGraph>> {
  const given = await givenExamples(input, options);
  const recorded: Record<string, RecordedGraph> = {};
  for (const graph of input.graphs) recorded[graph.name] = await recordOne(graph, given[graph.name], input, options);
  return recorded;
}

async function givenExamples(
  { definition, folder, files, graphs }: GoldensInput,
  options: PrepareOptions & InspectOptions,
): Promise<Examples> {
  const path = options.examples ?? (definition.examples === undefined ? undefined : join(folder, definition.examples));
  if (path === undefined) return {};
  const bytes = Object.entries(files).map(async ([name, content]) => [name, await content.bytes()] as const);
  const context = {
    definition,
    signatures: Object.fromEntries(graphs.map(({ name, signature }) => [name, signature])),
    graphs: Object.fromEntries(graphs.map(({ name, source }) => [name, source])),
    files: Object.fromEntries(await Promise.all(bytes)),
  };
  return examplesOf(path, context, options);
}

async function recordOne(
  { name, source, signature, wasmRefusal }: CompiledGraph,
  given: Examples[string] | undefined,
  { definition }: GoldensInput,
  options: PrepareOptions & InspectOptions,
): Promise<RecordedGraph> {
  const tell = (done: number, total: number): void =>
    options.onEvent?.({ stage: 'record', model: definition.name, graph: name, done, total });
  tell(0, 1);
  const declared = definition.graphs[name];
  const examples = given ?? (await generatedExamples(name, source, { ...options, signature, seed, largest: declared?.largest })); // prettier-ignore
  const forEdge = definition.placement.tiers.includes('edge') && wasmRefusal === null;
  const recordOptions = { ...options, tolerances: declared?.tolerances, forEdge };
  const { goldens, recordedBy, why } = await recordGoldens(name, source, examples, recordOptions);
  tell(goldens.length, goldens.length);
  if (goldens.length === 0) {
    const text = `graph "${name}" has no goldens: ${why ?? 'there are no examples'}`;
    return {
      goldens,
      report: { notRun: why ?? 'there are no examples' },
      warnings: [`${text}: give some with --examples`],
    };
  }
  const from = given === undefined ? ({ kind: 'generated', seed } as const) : ({ kind: 'examples' } as const);
  const warnings = why === null ? [] : [`the goldens of graph "${name}" were recorded natively, so its digest may be another on another processor: ${why}`]; // prettier-ignore
  return { goldens, report: { value: { count: goldens.length, from, recordedIn: recordedBy } }, warnings };
}
