import { type ExternalFile, OrtRuntime, type OrtSession } from '../../../edge/host/ort-runtime.js';
import { startOrt } from '../../../edge/host/ort-start.js';
import { RunQueue } from '../../../edge/host/run-queue.js';
import { fromOrtTensor, toOrtTensor } from '../../../shared/engine/ort-tensor.js';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { systemClock } from '../../../shared/time/clock.js';
import { Deadline } from '../../../shared/time/deadline.js';
import { TickTimer } from '../../bench/edge/worker/tick-timer.js';
import type { LoadedInTrial, TrialRuns } from '../edge-trial.js';
import { type LoadAsked, type RunAsked, timesMax } from '../trial-protocol.js';

const warmUpTicks = 20;

/** The edge's runtime with sessions made as the edge makes them, each step timed. */
export class TrialIsolate {
  readonly #runtime: OrtRuntime;
  readonly #sessions = new Map<string, OrtSession>();
  readonly #timer = new TickTimer(() => Date.now());

  constructor(heapBytesMax: number) {
    this.#runtime = new OrtRuntime(() => startOrt(heapBytesMax), new RunQueue(() => scheduler.wait(0)));
  }

  /** Starts onnxruntime; how long that took, in milliseconds. */
  async start(): Promise<number> {
    this.#timer.warmUp(warmUpTicks);
    return (await this.#timer.time(() => this.#runtime.start())).ms;
  }

  /** In place of a graph of the same name, if there is one. */
  async load(
    { name, optimised, timeoutMs }: LoadAsked,
    model: Uint8Array,
    external: readonly ExternalFile[],
  ): Promise<LoadedInTrial> {
    await this.release(name);
    const options = { isOptimised: optimised, deadline: new Deadline(systemClock, timeoutMs) };
    const created = await this.#timer.time(() => this.#runtime.createSession(model, external, options));
    this.#sessions.set(name, created.value);
    return { createMs: created.ms, heapBytes: this.#runtime.heapBytes };
  }

  async run({ name, times, timeoutMs }: RunAsked, inputs: readonly Tensor[]): Promise<TrialRuns> {
    const session = this.#sessions.get(name);
    if (session === undefined) throw new BrinkError('unknown-model', `expected a graph that is loaded, got "${name}"`);
    const deadline = new Deadline(systemClock, timeoutMs);
    const { Tensor: OrtTensor } = await this.#runtime.start();
    const feeds = Object.fromEntries(inputs.map((input) => [input.name, toOrtTensor(input, OrtTensor)]));
    const once = () => this.#timer.time(() => this.#runtime.run(session, feeds, deadline));
    const first = await once();
    const runMs: number[] = [];
    for (let time = 0; time < Math.min(times, timesMax); time += 1) runMs.push((await once()).ms);
    const outputs = session.outputNames.map((output) => {
      const result = first.value[output];
      if (result === undefined) throw new BrinkError('engine-failed', `the run did not give output ${output}`);
      return fromOrtTensor(output, result);
    });
    return { outputs, firstMs: first.ms, runMs, heapBytes: this.#runtime.heapBytes };
  }

  async release(name: string): Promise<void> {
    const session = this.#sessions.get(name);
    if (session === undefined) return;
    this.#sessions.delete(name);
    await this.#runtime.release(session);
  }
}
