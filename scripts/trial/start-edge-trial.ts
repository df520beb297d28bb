import { join } from 'node:path';
import { Miniflare } from 'miniflare';
import { BrinkError } from '../../shared/errors/brink-error.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import { guardWorkerd } from '../local/guard-workerd.js';
import { projectRoot } from '../local/project-root.js';
import { workerBundle } from '../local/worker-bundle.js';
import { workerConfig } from '../local/worker-config.js';
import type { GraphBytes } from '../publish/throw-away-runner.js';
import type { EdgeTrial, EdgeTrialOptions, LoadedInTrial, TrialRuns } from './edge-trial.js';
import { graphParts } from './graph-parts.js';
import { decodeTensors, encodeTensors } from './tensor-body.js';
import { TrialClient, type TrialAnswer, type TrialCall } from './trial-client.js';
import { figuresHeader, type LoadAsked, type ReleaseAsked, type RunAsked } from './trial-protocol.js';

/** All that wasm32 can address: onnxruntime's own module says where it ends. */
const heapBytesMaxDefault = 4 * 1024 ** 3;
const timeoutMsDefault = 120_000;

/**
 * Starts a workerd of its own with onnxruntime running in it. Throws `engine-failed` where it does not start. Aborting
 * `signal` ends it: what is under way rejects with the signal's reason.
 */
export async function startEdgeTrial(options: EdgeTrialOptions = {}): Promise<EdgeTrial> {
  options.signal?.throwIfAborted();
  const root = projectRoot();
  guardWorkerd(root);
  const { compatibilityDate, compatibilityFlags } = workerConfig(root);
  const miniflare = new Miniflare({
    name: 'brink-edge-trial',
    compatibilityDate,
    compatibilityFlags: [...compatibilityFlags],
    modules: workerBundle(options.bundle ?? join(root, 'dist', 'edge-trial')),
    bindings: { HEAP_BYTES_MAX: String(options.heapBytesMax ?? heapBytesMaxDefault) },
    cf: false, // else Miniflare asks the network for the location of this machine
    handleStructuredLogs: () => undefined,
    unsafeDirectSockets: [{}], // no Worker of Miniflare's own between
  });
  try {
    await miniflare.ready;
    const url = await miniflare.unsafeGetDirectURL();
    const trial = new WorkerdTrial(miniflare, new TrialClient(url.origin), options);
    await trial.start();
    return trial;
  } catch (error) {
    await miniflare.dispose().catch(() => undefined); // what went wrong is thrown
    options.signal?.throwIfAborted();
    if (error instanceof BrinkError) throw error;
    throw new BrinkError('engine-failed', 'workerd did not start', { cause: String(error) });
  }
}

class WorkerdTrial implements EdgeTrial {
  startMs = 0;
  readonly #miniflare: Miniflare;
  readonly #client: TrialClient;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #end = (): void => void this.close();
  #closed: Promise<void> | undefined;

  constructor(miniflare: Miniflare, client: TrialClient, { signal, timeoutMs = timeoutMsDefault }: EdgeTrialOptions) {
    this.#miniflare = miniflare;
    this.#client = client;
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#end);
  }

  async start(): Promise<void> {
    const { bytes } = await this.#call({ path: '/start', ask: {} });
    this.startMs = (jsonOf(bytes) as { startMs: number }).startMs;
  }

  async load(name: string, graph: GraphBytes, { optimised }: { readonly optimised: boolean }): Promise<LoadedInTrial> {
    const files = Object.entries(graph.externalData).map(([path, { byteLength }]) => ({ path, bytes: byteLength }));
    const modelBytes = graph.model.byteLength;
    const ask: LoadAsked = { name, optimised, timeoutMs: this.#timeoutMs, modelBytes, files };
    const bodyBytes = files.reduce((sum, { bytes }) => sum + bytes, modelBytes);
    const { bytes } = await this.#call({ path: '/load', ask, body: graphParts(graph), bodyBytes });
    return jsonOf(bytes) as LoadedInTrial;
  }

  async run(
    name: string,
    inputs: readonly Tensor[],
    { times = 0 }: { readonly times?: number } = {},
  ): Promise<TrialRuns> {
    const ask: RunAsked = { name, times, timeoutMs: this.#timeoutMs };
    const body = encodeTensors(inputs);
    const { headers, bytes } = await this.#call({ path: '/run', ask, body: [body], bodyBytes: body.byteLength });
    const figures = JSON.parse(String(headers[figuresHeader])) as Omit<TrialRuns, 'outputs'>;
    return { ...figures, outputs: decodeTensors(bytes) };
  }

  async release(name: string): Promise<void> {
    const ask: ReleaseAsked = { name };
    await this.#call({ path: '/release', ask });
  }

  close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#end);
    this.#client.close();
    return (this.#closed ??= this.#miniflare.dispose());
  }

  /** A run in wasm cannot be interrupted: who takes too long takes the process with it. */
  async #call(call: Omit<TrialCall, 'signal'>): Promise<TrialAnswer> {
    this.#signal?.throwIfAborted();
    if (this.#closed !== undefined) throw new BrinkError('engine-failed', 'this trial has ended');
    const late = AbortSignal.timeout(this.#timeoutMs);
    try {
      return await this.#client.call({ ...call, signal: AbortSignal.any([late, ...(this.#signal ? [this.#signal] : [])]) }); // prettier-ignore
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (!late.aborted) throw error;
      await this.close();
      throw new BrinkError(
        'deadline-exceeded',
        `expected the graph to be done within ${this.#timeoutMs} ms in workerd`,
      );
    }
  }
}

const jsonOf = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));
