import type { Engine, Residency, Target } from '../../shared/engine/engine.js';
import { fromOrtTensor, toOrtTensor } from '../../shared/engine/ort-tensor.js';
import { BrinkError } from '../../shared/errors/brink-error.js';
import {
  type Handler,
  type HandlerInput,
  handlerKey,
  type HandlerRegistry,
  type Json,
} from '../../shared/handler/handler.js';
import type { InferRequest } from '../../shared/protocol/infer.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import type { Deadline } from '../../shared/time/deadline.js';
import type { LoadedVersion } from './loaded-version.js';
import type { OrtRuntime } from './ort-runtime.js';
import type { SessionCache } from './session-cache.js';

/** The edge's engine: onnxruntime-web in this isolate. */
export class EdgeEngine implements Engine {
  readonly #runtime: OrtRuntime;
  readonly #sessions: SessionCache<LoadedVersion>;
  readonly #handlers: HandlerRegistry;

  constructor(runtime: OrtRuntime, sessions: SessionCache<LoadedVersion>, handlers: HandlerRegistry) {
    this.#runtime = runtime;
    this.#sessions = sessions;
    this.#handlers = handlers;
  }

  async infer(target: Target, request: Pick<InferRequest, 'inputs'>, deadline: Deadline): Promise<readonly Tensor[]> {
    const { inferGraph, model } = target.manifest;
    if (inferGraph === null) {
      throw new BrinkError(
        'no-tensor-signature',
        `model ${model} is reached through predict: it has no graph for infer`,
      );
    }
    return this.#sessions.use(target, deadline, (version) => this.#run(version, inferGraph, request.inputs, deadline));
  }

  async predict(target: Target, input: HandlerInput, deadline: Deadline): Promise<Json> {
    const handler = this.#handler(target);
    return this.#sessions.use(target, deadline, async (version) => {
      try {
        return await handler.predict(input, {
          run: async (graph, inputs) => byName(await this.#run(version, graph, inputs, deadline)),
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
    const { Tensor: OrtTensor } = await this.#runtime.start();
    const feeds = Object.fromEntries(inputs.map((input) => [input.name, toOrtTensor(input, OrtTensor)]));
    const results = await this.#runtime.run(session, feeds, deadline);
    return session.outputNames.map((name) => {
      const result = results[name];
      if (result === undefined) throw new Error(`the run did not give output ${name}`);
      return fromOrtTensor(name, result);
    });
  }
}

function fileOf(version: LoadedVersion, name: string): Uint8Array {
  const file = version.files.get(name);
  if (file === undefined) throw new Error(`the version has no file ${name}`);
  return file;
}

const byName = (tensors: readonly Tensor[]): Record<string, Tensor> =>
  Object.fromEntries(tensors.map((tensor) => [tensor.name, tensor]));
