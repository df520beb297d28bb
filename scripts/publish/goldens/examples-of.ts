import { extname } from 'node:path';
import type { Definition } from '../../../models/define.js';
import type { HandlerRegistry } from '../../../shared/handler/handler.js';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { goldensMax } from '../../../shared/manifest/manifest.js';
import type { Signature } from '../../../shared/protocol/tensor.js';
import { contentTypeOf } from '../../commands/content-type.js';
import { UsageError } from '../../commands/usage-error.js';
import { PublishError } from '../publish-error.js';
import type { GraphBytes, InspectOptions } from '../throw-away-runner.js';
import { badExamples, type Example, type Examples, smallestFirst } from './example.js';
import { type ExampleFile, exampleFiles } from './example-files.js';
import { handlerExamples, handlerOf, type RawRequest } from './handler-examples.js';
import { isInferJson, readJsonExamples } from './read-json-examples.js';
import { readNpz } from './read-npz.js';

/** What examples are examples of. */
export interface ExamplesContext {
  readonly definition: Pick<Definition, 'graphs' | 'inferGraph' | 'handler' | 'settings'>;
  /** By graph, as they are served. */
  readonly signatures: Readonly<Record<string, Signature>>;
  /** As their authors have them. */
  readonly graphs: Readonly<Record<string, GraphBytes>>;
  /** The definition's files, for its handler. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly registry?: HandlerRegistry;
}

/**
 * The examples of a file or folder, by graph, the smallest first: `.npz` files (arrays by input) and V2 infer requests in
 * JSON (one, or an array) of the graph whose folder they are in, else of the graph that `infer` runs; everything else is
 * a request to the model's handler. Throws PublishError `bad-examples`, which names the file.
 */
export async function examplesOf(
  path: string,
  context: ExamplesContext,
  options: InspectOptions = {},
): Promise<Examples> {
  const files = await exampleFiles(path, Object.keys(context.graphs));
  const examples: Record<string, Example[]> = {};
  const add = (graph: string, more: readonly Example[]): void => {
    examples[graph] = [...(examples[graph] ?? []), ...more];
  };
  const requests: RawRequest[] = [];
  for (const file of files) {
    const read = told(file.from, () => readExample(file, context));
    if ('graph' in read) add(read.graph, read.examples);
    else requests.push(read);
  }
  const { definition, graphs, files: own, registry } = context;
  if (requests.length > 0 && definition.handler !== undefined) {
    const { handler, settings } = definition;
    const parts = { handler, settings, graphs, files: own, ...(registry === undefined ? {} : { registry }) };
    const called = await handlerExamples(requests, parts, options);
    for (const [graph, more] of Object.entries(called)) add(graph, more);
  }
  return Object.fromEntries(Object.entries(examples).map(([graph, all]) => [graph, limited(graph, all)]));
}

function readExample(
  file: ExampleFile,
  context: ExamplesContext,
): RawRequest | { readonly graph: string; readonly examples: readonly Example[] } {
  const { from, bytes } = file;
  const ending = extname(from).toLowerCase();
  const { handler } = context.definition;
  if (ending === '.npz' || (ending === '.json' && (handler === undefined || isInferJson(bytes)))) {
    const graph = graphOf(file, context);
    const signature = context.signatures[graph];
    if (signature === undefined) throw new Error(`expected the signature of graph ${graph}`);
    const examples =
      ending === '.npz' ? [{ from, inputs: readNpz(bytes, signature) }] : readJsonExamples(from, bytes, signature);
    return { graph, examples };
  }
  if (handler === undefined || file.graph !== undefined) {
    throw badExamples(`expected .npz files, or infer requests in .json, as the examples of a graph`);
  }
  const contentType = contentTypeOf(from);
  const { accepts } = handlerOf({ handler, ...(context.registry && { registry: context.registry }) });
  if (accepts.includes(contentType)) return { from, contentType, bytes };
  throw badExamples(`expected what the handler takes (${accepts.join(', ')}), .npz or infer requests in .json, got ${contentType}`); // prettier-ignore
}

/** The graph that a file's inputs are of. */
function graphOf({ graph }: ExampleFile, { definition }: ExamplesContext): string {
  const names = Object.keys(definition.graphs);
  const infer = definition.inferGraph === undefined && names.length === 1 ? names[0] : definition.inferGraph;
  const found = graph ?? infer ?? undefined;
  if (found !== undefined) return found;
  throw badExamples(`expected it in a folder that says which graph it is of (${names.join(', ')})`);
}

/** Runs `work`; what it finds wrong is told with the file's name. */
function told<T>(from: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const isKnown = error instanceof PublishError || error instanceof BrinkError || error instanceof UsageError;
    if (!isKnown) throw error;
    throw badExamples(`example ${from}: ${error.message}`, error);
  }
}

function limited(graph: string, examples: readonly Example[]): Example[] {
  if (examples.length <= goldensMax) return smallestFirst(examples);
  throw badExamples(`expected at most ${goldensMax} examples of graph "${graph}", got ${examples.length}: give fewer`);
}
