import { BrinkError } from '../../../shared/errors/brink-error.js';
import { copyTensors } from '../../../shared/protocol/copy-tensors.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import type { ModelSettings } from '../../settings/model-settings.js';
import type { BatchAxis } from '../batch/batch-axis.js';
import { BatchAxisBroken, joinInputs, splitOutputs } from '../batch/join.js';
import { cutOutputs } from '../batch/padding.js';
import type { Observe, VersionLabel } from '../engine-events.js';
import type { EngineLimits } from '../engine-limits.js';
import type { Schedule } from '../schedule.js';
import type { BatchBook } from './batch-book.js';
import type { Instance } from './instance.js';
import type { RunItem } from './run-item.js';
import { tryAxis } from './try-axis.js';

/** Runs that are in a runner together. */
export interface Batch {
  readonly items: readonly RunItem[];
  readonly rows: number;
  /** What is left of it, as far as is known. */
  leftMs(now: number): number;
}

export interface BatchRunParts {
  readonly label: () => VersionLabel;
  readonly settings: Pick<ModelSettings, 'runMsMax'>;
  readonly limits: Pick<EngineLimits, 'overrunMsMax'>;
  readonly book: BatchBook;
  readonly ticks: () => number;
  readonly schedule: Schedule;
  readonly observe: Observe;
  onSuccess(latencyMs: number, inFlight: number): void;
  /** What has not been settled of `items` is to be tried again or failed. */
  onFailure(items: readonly RunItem[], error: unknown): void;
}

/** Hands a batch to a runner and its parts of the outputs to those who wait for them. */
export class BatchRun {
  readonly #parts: BatchRunParts;

  constructor(parts: BatchRunParts) {
    this.#parts = parts;
  }

  batchOf(items: readonly RunItem[]): Batch {
    const startedAt = this.#parts.ticks();
    const rows = items.reduce((sum, item) => sum + item.rows, 0);
    const expectedMs = this.#costOf(items)?.estimateMs(rows) ?? 0;
    return { items, rows, leftMs: (now) => Math.max(0, startedAt + expectedMs - now) };
  }

  /** Never rejects. `onFree` is called once, as soon as the runner can take another. */
  async run(instance: Instance, batch: Batch, inFlight: number, onFree: () => void): Promise<void> {
    const { items } = batch;
    const cancelLimit = this.#limit(instance, items);
    for (const item of items) item.doing = 'the model ran';
    const axis = this.#parts.book.axisOf(items[0]?.graph ?? '');
    try {
      const trial = axis?.state === 'untried' && items.length > 1;
      const deliver = trial ? await this.#tryAxis(instance, items, axis) : await this.#together(instance, items);
      cancelLimit();
      onFree();
      deliver(inFlight);
    } catch (error) {
      cancelLimit();
      if (error instanceof BatchAxisBroken) axis?.note('not-a-batch');
      this.#parts.onFailure(items, error);
      onFree();
    }
  }

  #costOf([head]: readonly RunItem[]): ReturnType<BatchBook['costOf']> | undefined {
    return head === undefined ? undefined : this.#parts.book.costOf(head.bucket);
  }

  /** Past the limit of a run, and past the deadlines of all who wait for it, the run is cancelled. */
  #limit(instance: Instance, items: readonly RunItem[]): () => void {
    const { settings, limits, schedule } = this.#parts;
    const wantedMs = Math.max(...items.map(({ deadline }) => deadline.leftMs())) + limits.overrunMsMax;
    return schedule(
      () => {
        const text = `expected a run of at most ${settings.runMsMax} ms, it took longer`;
        for (const item of items) item.fail(new BrinkError('deadline-exceeded', text));
        instance.cancelRun();
      },
      Math.min(settings.runMsMax, wantedMs),
    );
  }

  /** The batch in one run. Answers how to hand out its outputs. */
  async #together(instance: Instance, items: readonly RunItem[]): Promise<(inFlight: number) => void> {
    const done = await this.#timed(instance, items);
    const parts = this.#split(items, done.outputs);
    return (inFlight) => {
      if (done.giveBack !== undefined) lendTo(items, done.giveBack);
      this.#deliver(items, parts, done, inFlight);
    };
  }

  async #timed(instance: Instance, items: readonly RunItem[]): Promise<Done> {
    const { ticks } = this.#parts;
    const startedAt = ticks();
    const running = instance.run(items[0]?.graph ?? '', joinInputs(items.map(({ inputs }) => inputs)));
    const inputMs = ticks() - startedAt;
    const { outputs, inferMs, cpuMs, giveBack } = await running;
    const outputMs = Math.max(0, ticks() - startedAt - inputMs - inferMs);
    const rows = items.reduce((sum, item) => sum + item.rows, 0);
    this.#parts.book.observe(items[0]?.bucket ?? '', rows, { inferMs, cpuMs });
    return { outputs, giveBack, startedAt, times: { inputMs, inferMs, outputMs } };
  }

  #split(items: readonly RunItem[], outputs: readonly Tensor[]): readonly (readonly Tensor[])[] {
    if (items.length === 1) return [outputs];
    return splitOutputs(
      outputs,
      items.map(({ rows }) => rows),
    );
  }

  #deliver(
    items: readonly RunItem[],
    parts: readonly (readonly Tensor[])[],
    { times, startedAt }: Done,
    inFlight: number,
  ): void {
    const { observe, label, ticks } = this.#parts;
    const of = label();
    const rows = items.reduce((sum, item) => sum + item.rows, 0);
    observe({ kind: 'batch', of, rows, items: items.length, ...times });
    items.forEach((item, index) => {
      if (item.settled) return; // its deadline passed, or its caller left, in the run
      const runTimes = { queueMs: startedAt - item.enqueuedAt, ...times };
      item.noteRun?.(runTimes);
      item.succeed(cutOutputs(parts[index] ?? [], item.cuts));
      observe({ kind: 'item', of, rows: item.rows, ...runTimes });
      this.#parts.onSuccess(ticks() - item.enqueuedAt, inFlight);
    });
  }

  /** Two that wait are answered by runs of their own; then one is run among others, which says what axis 0 is. */
  async #tryAxis(instance: Instance, items: readonly RunItem[], axis: BatchAxis): Promise<() => void> {
    const alone: (readonly Tensor[])[] = [];
    const [mine, others] = items.map(({ inputs }) => copyTensors(inputs)); // whoever is answered needs its memory
    for (const item of items) {
      const done = await this.#timed(instance, [item]);
      this.#deliver([item], [done.outputs], done, items.length);
      alone.push(done.outputs);
    }
    const [item] = items;
    const [own] = alone;
    if (item === undefined || mine === undefined || others === undefined || own === undefined) return () => undefined;
    const { graph, rows } = item;
    const trial = { graph, item: mine, other: others, alone: own, rows };
    try {
      axis.note(await tryAxis(instance, trial));
    } catch (error) {
      axis.note('not-a-batch'); // it cost a runner: it is not tried again
      throw error;
    }
    return () => undefined;
  }
}

/** The outputs of a batch lie in one piece of memory: the last who gives it back does. Who never does keeps it. */
function lendTo(items: readonly RunItem[], giveBack: () => void): void {
  const takers = items.filter(({ settled }) => !settled);
  let left = takers.length;
  for (const { lendOutputs } of takers) {
    lendOutputs?.(() => {
      left -= 1;
      if (left === 0) giveBack();
    });
  }
}

interface Done {
  readonly outputs: readonly Tensor[];
  readonly giveBack: (() => void) | undefined;
  readonly startedAt: number;
  readonly times: { readonly inputMs: number; readonly inferMs: number; readonly outputMs: number };
}
