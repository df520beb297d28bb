import type * as OrtNode from 'onnxruntime-node';
import type { InferenceSession } from 'onnxruntime-node';
import { ortFailure } from '../../shared/engine/ort-failure.js';
import { fromOrtTensor, toOrtTensor } from '../../shared/engine/ort-tensor.js';
import { BrinkError } from '../../shared/errors/brink-error.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import type { RunnerRequest, Signatures } from './messages.js';
import { ortSessionOptions } from './ort-session-options.js';
import type { SessionOptions } from './session-options.js';
import { sessionSignature } from './session-signature.js';

/** onnxruntime prints inputs' shapes and paths of its build: only what kills the process may be printed. */
const logSeverityLevel = 4;

/** The onnxruntime sessions of one version: all there is in a runner. */
export class Sessions {
  readonly #sessions = new Map<string, InferenceSession>();
  #ort: typeof OrtNode | undefined;

  async load({ graphs, session: options }: Extract<RunnerRequest, { type: 'load' }>): Promise<Signatures> {
    const ort = await this.#library();
    const signatures: Record<string, Signatures[string]> = {};
    for (const [name, path] of Object.entries(graphs)) {
      const session = await create(ort, path, options);
      this.#sessions.set(name, session);
      signatures[name] = sessionSignature(session);
    }
    return signatures;
  }

  /** Names of the execution providers that this build of onnxruntime knows of. */
  async backends(): Promise<string[]> {
    return (await this.#library()).listSupportedBackends().map(({ name }) => name);
  }

  async #library(): Promise<typeof OrtNode> {
    if (this.#ort === undefined) {
      // Its telemetry writes files and looks up hosts; the variable is read when the library is loaded: it comes first.
      process.env['ORT_DISABLE_TELEMETRY'] = '1';
      this.#ort = await import('onnxruntime-node');
      this.#ort.env.logLevel = 'fatal';
    }
    return this.#ort;
  }

  /** All outputs of a graph, and how long onnxruntime took for them. */
  async run(graph: string, inputs: readonly Tensor[]): Promise<{ outputs: Tensor[]; inferMs: number; cpuMs: number }> {
    const session = this.#sessions.get(graph);
    if (session === undefined || this.#ort === undefined) {
      throw new BrinkError('engine-failed', 'expected a graph of this version, got one that it does not have');
    }
    const { Tensor } = this.#ort;
    try {
      const feeds = Object.fromEntries(inputs.map((tensor) => [tensor.name, toOrtTensor(tensor, Tensor)]));
      const cpuBefore = process.cpuUsage();
      const startedAt = performance.now();
      const results = await session.run(feeds, { logSeverityLevel });
      const inferMs = performance.now() - startedAt;
      const { user, system } = process.cpuUsage(cpuBefore);
      const outputs = session.outputNames.map((name) => {
        const output = results[name];
        if (output === undefined) throw new Error(`output ${name} is missing`);
        return fromOrtTensor(name, output);
      });
      return { outputs, inferMs, cpuMs: (user + system) / 1_000 };
    } catch (error) {
      throw ortFailure(error);
    }
  }
}

async function create(ort: typeof OrtNode, path: string, options: SessionOptions): Promise<InferenceSession> {
  try {
    return await ort.InferenceSession.create(path, { ...ortSessionOptions(options), logSeverityLevel });
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Unsupported data type')) {
      // onnxruntime-node's own check of inputs and outputs, by the number of the type.
      throw new BrinkError('not-supported', 'expected inputs and outputs of datatypes of the protocol', {
        cause: error,
      });
    }
    throw ortFailure(error);
  }
}
