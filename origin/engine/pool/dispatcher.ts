import { toBrinkError } from '../../../shared/errors/brink-error.js';
import type { CoreShares, Grant } from '../admission/core-shares.js';
import { deadlineShare, decide } from '../batch/decide.js';
import { runnerFailed, runnerTooLarge, shuttingDown } from '../process/runner-errors.js';
import { RunnerDied } from '../process/runner-died.js';
import { TurnQueue } from '../queue/turn-queue.js';
import { type Batch, BatchRun, type BatchRunParts } from './batch-run.js';
import type { Crew } from './crew.js';
import type { Instance } from './instance.js';
import type { RunItem } from './run-item.js';
import type { ModelSettings } from '../../settings/model-settings.js';

export interface DispatcherParts extends Omit<BatchRunParts, 'onFailure'> {
  readonly digest: string;
  readonly settings: ModelSettings;
  readonly cores: CoreShares;
  readonly crew: Crew;
  /** Nothing waits or runs any more, or something else changed. */
  onChange(): void;
}

/** Deaths of a runner under a run until it is given up. */
export const deathsMax = 2;
/** What a run is taken to cost before one was measured. */
const unknownRunMs = 10;

/** What waits for a version, and the batches that are made of it: enqueue, decide, take, dispatch. */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #queue: TurnQueue<RunItem>;
  readonly #runs: BatchRun;
  readonly #batches = new Map<Instance, Batch>();
  /** Instances that have asked for cores to run on, with how to call that off. */
  readonly #asking = new Map<Instance, () => void>();
  #closed = false;
  /** No batch is waited for any more. */
  #hurries = false;
  #cancelWait: () => void = () => undefined;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#queue = new TurnQueue({ ageingMs: parts.settings.ageingMs });
    this.#runs = new BatchRun({ ...parts, onFailure: (items, error) => this.#onFailure(items, error) });
  }

  /** Items that wait. */
  get queued(): number {
    return this.#queue.size;
  }

  /** Items that wait or run. */
  get inFlight(): number {
    let running = 0;
    for (const { items } of this.#batches.values()) running += items.length;
    return this.#queue.size + running;
  }

  get headBucket(): string | undefined {
    return this.#queue.head()?.bucket;
  }

  /** Rows that pay in one run of what is next. */
  get rowsLimit(): number {
    const head = this.#queue.head();
    return head === undefined || head.alone ? 1 : this.#parts.book.rowsLimit(head.graph, head.bucket);
  }

  rowsAhead(level: number): number {
    return this.#queue.rowsAhead(level, this.#parts.ticks());
  }

  /** For each instance that serves, how long its run still takes, as far as is known. */
  remainingMs(): number[] {
    const now = this.#parts.ticks();
    return this.#parts.crew.usable.map((instance) => this.#batches.get(instance)?.leftMs(now) ?? 0);
  }

  enqueue(item: RunItem): void {
    item.onGivenUp(() => {
      this.#queue.remove(item);
      this.#parts.onChange();
    });
    this.#queue.push(item, this.#parts.ticks());
    this.advance();
  }

  /** Looks at each item that waits; those that `stays` is false for leave the queue (and are settled by it). */
  sift(stays: (item: RunItem) => boolean): void {
    for (const item of this.#queue.takeAll()) if (stays(item)) this.#queue.push(item, item.enqueuedAt);
  }

  hurry(): void {
    this.#hurries = true;
  }

  /** Ends at once; what waits or runs fails with `shutting-down`. */
  close(): void {
    this.#closed = true;
    this.#cancelWait();
    for (const cancel of this.#asking.values()) cancel();
    this.#asking.clear();
    this.sift((item) => {
      item.fail(shuttingDown());
      return false;
    });
    for (const { items } of this.#batches.values()) for (const item of items) item.fail(shuttingDown());
  }

  /** Hands out what can be run now. */
  advance(): void {
    if (this.#closed) return;
    for (const [instance, cancel] of this.#asking) {
      if (instance.idle) continue;
      cancel();
      this.#asking.delete(instance);
    }
    while (this.#queue.size > 0) {
      const instance = this.#parts.crew.idle(this.#asking);
      if (instance === undefined) {
        if (this.#asking.size === 0) this.#parts.crew.wantMore();
        break;
      }
      const wants = Math.ceil(this.#queue.size / this.rowsLimit);
      if (this.#asking.size >= wants || this.#waitsForMore()) break;
      this.#ask(instance);
    }
  }

  /** Whether an idle runner is to wait for a fuller batch: only where `maxQueueDelayMs` says so. */
  #waitsForMore(): boolean {
    const head = this.#queue.head();
    const { settings, ticks, schedule } = this.#parts;
    this.#cancelWait();
    if (head === undefined || settings.maxQueueDelayMs === 0) return false;
    const decision = decide({
      idle: true,
      rowsWaiting: this.#queue.rowsOfBucket(head.bucket),
      headRows: head.rows,
      oldestWaitedMs: ticks() - head.enqueuedAt,
      maxQueueDelayMs: this.#hurries ? 0 : settings.maxQueueDelayMs,
      rowsLimit: this.rowsLimit,
      maxBatch: this.#parts.book.maxBatch,
      tightestLeftMs: head.deadline.leftMs(),
      estimateMs: (rows) => this.#parts.book.costOf(head.bucket).estimateMs(rows),
    });
    if (decision.kind === 'run') return false;
    this.#cancelWait = schedule(() => this.advance(), decision.forMs ?? settings.maxQueueDelayMs);
    return true;
  }

  /** Asks for the cores that a run takes, and runs what is due when they are granted. */
  #ask(instance: Instance): void {
    const { cores, settings, digest } = this.#parts;
    if (this.#parts.crew.deviceOf(instance) !== 'cpu') {
      this.#dispatch(instance, { release: () => undefined });
      return;
    }
    const head = this.#queue.head();
    const rows = this.rowsLimit;
    const expectedMs = (head && this.#parts.book.costOf(head.bucket).estimateMs(rows)) ?? unknownRunMs;
    const threads = this.#parts.crew.threadsOf(instance);
    const answer = { granted: false };
    const cancel = cores.ask({ key: digest, threads, share: settings.share, expectedMs }, (grant) => {
      answer.granted = true;
      this.#asking.delete(instance);
      this.#dispatch(instance, grant);
    });
    if (!answer.granted) this.#asking.set(instance, cancel);
  }

  #dispatch(instance: Instance, grant: Grant): void {
    const items = this.#closed || !instance.idle ? [] : this.#take();
    const [head] = items;
    if (head === undefined) {
      grant.release(0);
      return;
    }
    const startedAt = this.#parts.ticks();
    const batch = this.#runs.batchOf(items);
    this.#batches.set(instance, batch);
    void this.#runs.run(instance, batch, this.inFlight, () => {
      // Before those who waited hear of it: the runner goes on while their answers are written.
      this.#batches.delete(instance);
      grant.release(this.#parts.ticks() - startedAt);
      this.#parts.crew.noteRun(instance);
      this.advance();
      this.#parts.onChange();
    });
  }

  /** The next batch. As many rows as pay, and as the tightest deadline among them allows. */
  #take(): RunItem[] {
    const head = this.#queue.head();
    if (head === undefined) return [];
    const now = this.#parts.ticks();
    const axis = this.#parts.book.axisOf(head.graph);
    if (axis?.state === 'untried' && !head.alone) return this.#queue.takeBatch(head.rows * 2, now, this.#pairOf(head));
    const cost = this.#parts.book.costOf(head.bucket);
    let rows = head.rows;
    let tightestMs = head.deadline.leftMs();
    const mayJoin = (item: RunItem): boolean => {
      const leftMs = Math.min(tightestMs, item.deadline.leftMs());
      const neededMs = cost.estimateMs(rows + item.rows);
      if (neededMs !== undefined && neededMs > deadlineShare * leftMs) return false;
      rows += item.rows;
      tightestMs = leftMs;
      return true;
    };
    return this.#queue.takeBatch(Math.max(head.rows, this.rowsLimit), now, mayJoin);
  }

  /** One more item of the same size: what is needed to find out about the batch axis. */
  #pairOf(head: RunItem): (item: RunItem) => boolean {
    let joined = false;
    return (item) => {
      if (joined || item.rows !== head.rows) return false;
      joined = true;
      return true;
    };
  }

  /** A run failed. A batch is tried again item by item, once; one whose runner died, once more. */
  #onFailure(items: readonly RunItem[], error: unknown): void {
    const died = error instanceof RunnerDied;
    for (const item of items) {
      if (item.settled) continue;
      if (died) item.deaths++;
      const tooLarge = died && error.kind === 'memory' && items.length === 1; // the next would end as this one
      const again = died ? item.deaths < deathsMax && !tooLarge : items.length > 1;
      if (!again) {
        item.fail(tooLarge ? runnerTooLarge() : died ? runnerFailed() : toBrinkError(error));
        continue;
      }
      if (items.length > 1) item.isolate();
      item.doing = 'waiting for the model';
      if (this.#closed) item.fail(shuttingDown());
      else this.#queue.pushFirst(item);
    }
  }
}
