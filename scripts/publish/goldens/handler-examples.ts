import { handlers as bundledHandlers } from '../../../models/registry.js';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import {
  type Handler,
  handlerKey,
  type HandlerContext,
  type HandlerRegistry,
} from '../../../shared/handler/handler.js';
import type { Json } from '../../../shared/handler/handler.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { joinInputs } from '../../../origin/engine/batch/join.js';
import { type GraphBytes, type InspectOptions, type LoadedGraph, throwAwayRunner } from '../throw-away-runner.js';
import { CallRecorder } from './call-recorder.js';
import { badExamples, type Example, type Examples } from './example.js';
import { exampleLimits } from './example-limits.js';

/** What a handler is asked: the body of one `predict`. */
export interface RawRequest {
  readonly from: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** The parts of a version that its handler works with, before there is a version. */
export interface HandlerParts {
  readonly handler: { readonly name: string; readonly version: number };
  readonly settings: Readonly<Record<string, Json>>;
  /** As their authors have them. */
  readonly graphs: Readonly<Record<string, GraphBytes>>;
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Default: those of this project. */
  readonly registry?: HandlerRegistry;
}

/** All requests together. */
const handlerTimeoutMs = 300_000;

/** The handler that a definition names. Throws PublishError `bad-examples` when this project does not have it. */
export function handlerOf({
  handler,
  registry = bundledHandlers,
}: Pick<HandlerParts, 'handler' | 'registry'>): Handler {
  const found = registry.get(handlerKey(handler));
  if (found !== undefined) return found;
  const known = [...registry.keys()].join(', ');
  throw badExamples(`expected a handler that is registered (${known}) to make goldens of requests, got ${handlerKey(handler)}`); // prettier-ignore
}

/**
 * Real requests → what each graph is given for them: the handler works on them with the graphs themselves, which run
 * natively in processes that are thrown away. Of a graph that is called again and again, calls are kept that are spread
 * over all of them. Throws PublishError `bad-examples`, which names the request, when the handler refuses it.
 */
export async function handlerExamples(
  requests: readonly RawRequest[],
  parts: HandlerParts,
  options: InspectOptions = {},
): Promise<Examples> {
  const handler = handlerOf(parts);
  const patient = { ...options, timeoutMs: options.timeoutMs ?? handlerTimeoutMs };
  return withGraphs(Object.entries(parts.graphs), patient, async (graphs) => {
    const examples: Record<string, Example[]> = {};
    for (const request of requests) {
      for (const [graph, calls] of await recorded(request, handler, { ...parts, loaded: graphs })) {
        const found = calls.calls().map(({ call, inputs }) => ({ from: `${request.from}, call ${call}`, inputs }));
        examples[graph] = [...(examples[graph] ?? []), ...found];
      }
    }
    return examples;
  });
}

type Loaded = ReadonlyMap<string, LoadedGraph>;

function withGraphs<T>(
  graphs: readonly (readonly [string, GraphBytes])[],
  options: InspectOptions,
  work: (loaded: Loaded) => Promise<T>,
  before: Loaded = new Map(),
): Promise<T> {
  const [first, ...rest] = graphs;
  if (first === undefined) return work(before);
  const [name, graph] = first;
  return throwAwayRunner(name, graph, options, (loaded) =>
    withGraphs(rest, options, work, new Map([...before, [name, loaded]])),
  );
}

async function recorded(
  { from, contentType, bytes }: RawRequest,
  handler: Handler,
  { loaded, files, settings }: Pick<HandlerParts, 'files' | 'settings'> & { readonly loaded: Loaded },
): Promise<ReadonlyMap<string, CallRecorder>> {
  const calls = new Map<string, CallRecorder>();
  const context: HandlerContext = {
    settings,
    file: (name) => {
      const file = Object.hasOwn(files, name) ? files[name] : undefined;
      if (file === undefined) throw new BrinkError('handler-failed', `expected a file "${name}" of the version`);
      return file;
    },
    checkpoint: () => undefined,
    run: async (name, inputs) => {
      const graph = loaded.get(name);
      if (graph === undefined) throw new BrinkError('handler-failed', `expected a graph "${name}" of the version`);
      const recorder = calls.get(name) ?? new CallRecorder(exampleLimits.callsKept);
      calls.set(name, recorder);
      recorder.add(inputs);
      const running = graph.runner.run(name, joinInputs([inputs]));
      const { outputs } = await graph.deadline.bound(running, 'a handler ran an example');
      return Object.fromEntries(outputs.map((output): [string, Tensor] => [output.name, output]));
    },
  };
  try {
    await handler.predict({ contentType, bytes, parameters: {} }, context);
    return calls;
  } catch (error) {
    if (!(error instanceof BrinkError)) throw error;
    throw badExamples(`example ${from}: the handler ${handlerKey(handler)} refuses it: ${error.message}`, error);
  }
}
