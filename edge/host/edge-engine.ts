import type { Engine, Residency, Target } from '../../shared/engine/engine.js';
import { BrinkError } from '../../shared/errors/brink-error.js';
import {
  type Handler,
  type HandlerInput,
  handlerKey,
  type HandlerRegistry,
  type Json,
} from '../../shared/handler/handler.js';
import { elementsOf, isAboveMeasured } from '../../shared/plan/elements.js';
import type { InferRequest } from '../../shared/protocol/infer.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import type { Deadline } from '../../shared/time/deadline.js';
import type { LoadedVersion } from './loaded-version.js';
import type { OrtRuntime } from './ort-runtime.js';
import { runSession } from './run-session.js';
import { defaultRunRule, type RunRule } from './run-rule.js';
import type { SessionCache } from './session-cache.js';

/** The edge's engine: onnxruntime-web in this isolate. */
export class EdgeEngine implements Engine {
  readonly #runtime: OrtRuntime;
  readonly #sessions: SessionCache<LoadedVersion>;
  readonly #handlers: HandlerRegistry;
  readonly #rule: RunRule;

  constructor(
    runtime: OrtRuntime,
    sessions: SessionCache<LoadedVersion>,
    handlers: HandlerRegistry,
    rule: RunRule = defaultRunRule,
  ) {
    this.#runtime = runtime;
    this.#sessions = sessions;
    this.#handlers = handlers;
    this.#rule = rule;
  }

  /** The same engine under another rule. */
  under(rule: RunRule = defaultRunRule): EdgeEngine {
    return new EdgeEngine(this.#runtime, this.#sessions, this.#handlers, rule);
  }

  async infer(target: Target, request: Pick<InferRequest, 'inputs'>, deadline: Deadline): Promise<readonly Tensor[]> {
    const { inferGraph, model } = target.manifest;
    if (inferGraph === null) {
      throw new BrinkError(
        'no-tensor-signature',
        `model ${model} is reached through predict: it has no graph for infer`,
      );
    }
    this.#checkSize(target, inferGraph, request.inputs);
    return this.#sessions.use(target, deadline, (version) => this.#run(version, inferGraph, request.inputs, deadline));
  }

  async predict(target: Target, input: HandlerInput, deadline: Deadline): Promise<Json> {
    const handler = this.#handler(target);
    return this.#sessions.use(target, deadline, async (version) => {
      try {
        return await handler.predict(input, {
          run: async (graph, inputs) => {
            this.#checkSize(target, graph, inputs);
            return byName(await this.#run(version, graph, inputs, deadline));
          },
          file: (name) => fileOf(version, name),
          settings: target.manifest.settings,
          checkpoint: () => deadline.check('the handler worked'),
        });
      } catch (error) {
        if (error instanceof BrinkError) throw error;
        throw new BrinkError('handler-failed', `the handler of model ${target.manifest.model} failed`, {
          cause: error,
        });
      }
    });
  }

  async prefetch(target: Target, deadline: Deadline): Promise<void> {
    await this.#sessions.use(target, deadline, () => Promise.resolve());
  }

  residency(digest: string): Residency {
    return this.#runtime.broken ? 'failed' : this.#sessions.residency(digest);
  }

  #handler({ manifest }: Target): Handler {
    if (manifest.handler === null) {
      throw new BrinkError('no-handler', `model ${manifest.model} has no handler: expected a call of infer`);
    }
    const key = handlerKey(manifest.handler);
    const handler = this.#handlers.get(key);
    if (handler !== undefined) return handler;
    throw new BrinkError('handler-missing', `this edge does not have handler ${key} yet`);
  }

  /** Throws `tensor-too-large` for a run above what was measured to fit, where another tier may take it. */
  #checkSize({ manifest }: Target, graph: string, inputs: readonly Tensor[]): void {
    const entry = Object.hasOwn(manifest.graphs, graph) ? manifest.graphs[graph] : undefined;
    if (entry === undefined || this.#rule.aboveMeasured === 'try' || !isAboveMeasured(entry, inputs)) return;
    throw new BrinkError(
      'tensor-too-large',
      `expected a run of graph '${graph}' at the edge to have at most the ${entry.edgeElementsMax} input elements that were measured to fit, got ${elementsOf(inputs)}`,
    );
  }

  /** Running out of heap may be the fault of versions that nobody uses: without them it is tried once more. */
  async #run(version: LoadedVersion, graph: string, inputs: readonly Tensor[], deadline: Deadline): Promise<Tensor[]> {
    try {
      return await this.#runOnce(version, graph, inputs, deadline);
    } catch (error) {
      if (!(error instanceof BrinkError) || error.code !== 'heap-exhausted') throw error;
      if ((await this.#sessions.releaseIdle()) === 0) throw error;
      return this.#runOnce(version, graph, inputs, deadline);
    }
  }

  async #runOnce(
    version: LoadedVersion,
    graph: string,
    inputs: readonly Tensor[],
    deadline: Deadline,
  ): Promise<Tensor[]> {
    const session = version.graphs.get(graph);
    if (session === undefined) throw new Error(`the version has no graph ${graph}`);
    return runSession(this.#runtime, session, inputs, deadline);
  }
}

function fileOf(version: LoadedVersion, name: string): Uint8Array {
  const file = version.files.get(name);
  if (file === undefined) throw new Error(`the version has no file ${name}`);
  return file;
}

const byName = (tensors: readonly Tensor[]): Record<string, Tensor> =>
  Object.fromEntries(tensors.map((tensor) => [tensor.name, tensor]));
