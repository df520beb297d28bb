import { type BrinkError, toBrinkError } from '../../../shared/errors/brink-error.js';
import type { Residency } from '../../../shared/engine/engine.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import type { Deadline } from '../../../shared/time/deadline.js';
import type { CoreShares, Grant } from '../admission/core-shares.js';
import { decide } from '../batch/decide.js';
import type { RefusalReason, RunnerEnd, VersionSnapshot } from '../engine-events.js';
import { notBefore, runnerFailed, shuttingDown } from '../process/runner-errors.js';
import { RunnerDied } from '../process/runner-died.js';
import { TurnQueue } from '../queue/turn-queue.js';
import { Waiters } from '../waiters.js';
import { BatchBook, type BatchBookParts } from './batch-book.js';
import { Crew, type CrewParts } from './crew.js';
import { Door } from './door.js';
import type { Instance } from './instance.js';
import { type Batch, BatchRun } from './batch-run.js';
import { cancelled, RunItem, type RunRequest } from './run-item.js';

export interface VersionPoolParts extends Omit<CrewParts, 'book' | 'onChange' | 'onStartFailed'> {
  readonly inferGraph: BatchBookParts['inferGraph'];
  readonly batching: BatchBookParts['batching'];
  readonly cores: CoreShares;
}

/** Deaths of a runner under a run until it is given up. */
const deathsMax = 2;
/** What a run is taken to cost before one was measured. */
const unknownRunMs = 10;

/**
 * One version: what waits for it, the batches made of that, and the runners that run them. The steps are: enqueue,
 * decide, take, dispatch. Every run that comes in is answered or refused, whatever becomes of the runners.
 */
export class VersionPool {
  readonly #parts: VersionPoolParts;
  readonly #queue: TurnQueue<RunItem>;
  readonly #book: BatchBook;
  readonly #door: Door;
  readonly #crew: Crew;
  readonly #runs: BatchRun;
  /** Those who wait until the version can answer. */
  readonly #readiness = new Waiters();
  readonly #batches = new Map<Instance, Batch>();
  /** Instances that have asked for cores to run on, with how to call that off. */
  readonly #asking = new Map<Instance, () => void>();
  readonly #createdAt: number;
  #loaded = false;
  #holds = 0;
  #draining: RunnerEnd | undefined;
  #closed = false;
  #cancelWait: () => void = () => undefined;
  #usedAt: number;

  constructor(parts: VersionPoolParts) {
    this.#parts = parts;
    const { settings, signatures, inferGraph, batching, clock } = parts;
    this.#createdAt = clock.now();
    this.#usedAt = clock.now();
    this.#queue = new TurnQueue({ ageingMs: settings.ageingMs });
    this.#book = new BatchBook({ signatures, inferGraph, batching, maxBatch: settings.maxBatch });
    this.#door = new Door(settings);
    this.#crew = new Crew({
      ...parts,
      book: this.#book,
      onChange: () => this.#onCrewChange(),
      onStartFailed: (error, died) => this.#onStartFailed(error, died),
    });
    this.#runs = new BatchRun({
      ...parts,
      book: this.#book,
      onSuccess: (latencyMs, inFlight) => this.#door.sample(latencyMs, inFlight),
      onFailure: (items, error) => this.#onFailure(items, error),
    });
  }

  get residency(): Residency {
    return this.#closed ? 'absent' : this.#crew.residency;
  }

  /** Resident bytes of its runners. */
  get rssBytes(): number {
    return this.#crew.instances.reduce((sum, { rssBytes }) => sum + rssBytes, 0);
  }

  get processes(): number {
    return this.#crew.instances.length;
  }

  /** Whether nothing waits, runs, or is held. */
  get isIdle(): boolean {
    return this.#queue.size === 0 && this.#batches.size === 0 && this.#holds === 0;
  }

  /** When it was asked for last. */
  get usedAt(): number {
    return this.#usedAt;
  }

  /** Resolves when the version is drained or closed and its processes have ended. */
  whenEnded(): Promise<void> {
    return this.#crew.whenEnded();
  }

  /** Resolves when the version can answer; rejects with why it cannot, when the start under way fails. */
  async whenReady(): Promise<void> {
    if (this.#closed) throw shuttingDown();
    const { residency, setback } = this.#crew;
    if (residency === 'ready') return;
    if (setback !== undefined) throw notBefore(setback.error, setback.until - this.#parts.clock.now());
    await this.#readiness.wait();
  }

  /**
   * Lets in somebody who will run several things (a handler), and keeps the version from ending meanwhile. Call the
   * result once. Errors as of `run`.
   */
  enter(deadline: Deadline, priority = 0): () => void {
    this.#checkOpen(deadline);
    this.#admit(deadline, this.#levelOf(priority), 1);
    this.#holds++;
    return () => {
      this.#holds--;
      this.#advance();
    };
  }

  /**
   * Queues a run and answers all its outputs. Errors: `queue-full`, `overloaded`, `deadline-exceeded` (in the queue, or
   * in the run, whose process is then killed unless it ends soon), `cancelled`, `runner-failed` after two processes
   * died under it, and what the run itself throws. A run of one who was let in by `enter` is not counted again.
   */
  async run(request: RunRequest, admitted = false): Promise<readonly Tensor[]> {
    const { ticks, schedule, observe, label } = this.#parts;
    this.#checkOpen(request.deadline);
    if (request.signal?.aborted === true) throw cancelled('waiting for the model');
    const level = this.#levelOf(request.priority ?? 0);
    const place = this.#book.place(request.graph, request.inputs);
    if (!admitted) this.#admit(request.deadline, level, place.rows, place.bucket);
    const now = ticks();
    const item = new RunItem(request, { level, ...place }, now, schedule);
    item.onGivenUp(() => {
      this.#queue.remove(item);
      this.#advance();
    });
    this.#queue.push(item, now);
    this.#advance();
    try {
      return await item.outputs;
    } catch (error) {
      const failure = toBrinkError(error);
      if (failure.code === 'deadline-exceeded') this.#door.dropped();
      observe({ kind: 'item-failed', of: label(), code: failure.code, totalMs: ticks() - now });
      throw failure;
    }
  }

  /** Serves what waits and what is held, then ends. */
  drain(reason: RunnerEnd = 'closed'): void {
    this.#draining = reason;
    this.#advance();
  }

  /** Ends at once; what waits or runs fails with `shutting-down`. */
  close(reason: RunnerEnd = 'closed'): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelWait();
    for (const cancel of this.#asking.values()) cancel();
    this.#asking.clear();
    for (const item of this.#queue.takeAll()) item.fail(shuttingDown());
    for (const { items } of this.#batches.values()) for (const item of items) item.fail(shuttingDown());
    this.#readiness.settle(shuttingDown());
    this.#crew.close(reason);
  }

  /** Heartbeats, and what can be given back: called from time to time. */
  tend(): void {
    this.#crew.tend();
  }

  snapshot(): VersionSnapshot {
    return {
      of: this.#parts.label(),
      queued: this.#queue.size,
      inFlight: this.#inFlight,
      concurrencyLimit: this.#door.limit,
      batchAxis: this.#book.axis,
      instances: this.#crew.snapshots(),
    };
  }

  get #inFlight(): number {
    let running = 0;
    for (const { items } of this.#batches.values()) running += items.length;
    return this.#queue.size + running;
  }

  #levelOf(priority: number): number {
    const { priorityLevels } = this.#parts.settings;
    return priority === 0 ? priorityLevels : Math.min(priority, priorityLevels);
  }

  #checkOpen(deadline: Deadline): void {
    const { clock, limits } = this.#parts;
    this.#usedAt = clock.now();
    deadline.check('waiting for the model');
    if (this.#closed) throw shuttingDown();
    const { setback } = this.#crew;
    if (setback === undefined) return;
    const waitMs = setback.until - clock.now();
    if (waitMs <= Math.min(limits.backoffWaitMsMax, deadline.leftMs())) return;
    this.#refused('backing-off');
    throw notBefore(setback.error, waitMs);
  }

  #admit(deadline: Deadline, level: number, rows: number, bucket = this.#queue.head()?.bucket): void {
    const now = this.#parts.ticks();
    const refusal = this.#door.refusal({
      queued: this.#queue.size,
      inFlight: this.#inFlight + this.#holds,
      leftMs: deadline.leftMs(),
      rowsAhead: this.#queue.rowsAhead(level, now),
      rows,
      cost: bucket === undefined ? undefined : this.#book.costOf(bucket),
      rowsLimit: this.#rowsLimit(),
      remainingMs: this.#crew.usable.map((instance) => this.#batches.get(instance)?.leftMs(now) ?? 0),
    });
    if (refusal === undefined) return;
    this.#refused(refusal.reason);
    throw refusal.error;
  }

  #refused(reason: RefusalReason): void {
    this.#parts.observe({ kind: 'refused', of: this.#parts.label(), reason });
  }

  /** Does what can be done next. Called after every change. */
  #advance(): void {
    if (this.#closed) return;
    while (this.#queue.size > 0) {
      const instance = this.#crew.idle(this.#asking);
      if (instance === undefined) {
        if (this.#asking.size === 0) this.#crew.wantMore();
        break;
      }
      const wants = Math.ceil(this.#queue.size / this.#rowsLimit());
      if (this.#asking.size >= wants || this.#waitsForMore()) break;
      this.#ask(instance);
    }
    if (this.#draining !== undefined && this.isIdle) this.close(this.#draining);
  }

  #rowsLimit(): number {
    const head = this.#queue.head();
    return head === undefined || head.alone ? 1 : this.#book.rowsLimit(head.graph, head.bucket);
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
      maxQueueDelayMs: this.#draining === undefined ? settings.maxQueueDelayMs : 0,
      rowsLimit: this.#rowsLimit(),
      maxBatch: this.#book.maxBatch,
      tightestLeftMs: head.deadline.leftMs(),
      estimateMs: (rows) => this.#book.costOf(head.bucket).estimateMs(rows),
    });
    if (decision.kind === 'run') return false;
    this.#cancelWait = schedule(() => this.#advance(), decision.forMs ?? settings.maxQueueDelayMs);
    return true;
  }

  /** Asks for the cores that a run takes, and runs what is due when they are granted. */
  #ask(instance: Instance): void {
    const { cores, settings, digest } = this.#parts;
    if (this.#crew.deviceOf(instance) !== 'cpu') {
      this.#dispatch(instance, { release: () => undefined });
      return;
    }
    const head = this.#queue.head();
    const rows = this.#rowsLimit();
    const expectedMs = (head && this.#book.costOf(head.bucket).estimateMs(rows)) ?? unknownRunMs;
    const threads = this.#crew.threadsOf(instance);
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
    void this.#runs.run(instance, batch, this.#inFlight, () => {
      // Before those who waited hear of it: the runner goes on while their answers are written.
      this.#batches.delete(instance);
      grant.release(this.#parts.ticks() - startedAt);
      this.#crew.noteRun(instance);
      this.#advance();
    });
  }

  /** The next batch. As many rows as pay, and as the tightest deadline among them allows. */
  #take(): RunItem[] {
    const head = this.#queue.head();
    if (head === undefined) return [];
    const now = this.#parts.ticks();
    const axis = this.#book.axisOf(head.graph);
    if (axis?.state === 'untried' && !head.alone) return this.#queue.takeBatch(head.rows * 2, now, this.#pairOf(head));
    const cost = this.#book.costOf(head.bucket);
    let rows = head.rows;
    let tightestMs = head.deadline.leftMs();
    const mayJoin = (item: RunItem): boolean => {
      const leftMs = Math.min(tightestMs, item.deadline.leftMs());
      const neededMs = cost.estimateMs(rows + item.rows);
      if (neededMs !== undefined && neededMs > 0.9 * leftMs) return false;
      rows += item.rows;
      tightestMs = leftMs;
      return true;
    };
    return this.#queue.takeBatch(Math.max(head.rows, this.#rowsLimit()), now, mayJoin);
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
      const again = died ? item.deaths < deathsMax : items.length > 1;
      if (!again) {
        item.fail(died ? runnerFailed() : toBrinkError(error));
        continue;
      }
      if (items.length > 1) item.isolate();
      item.doing = 'waiting for the model';
      if (this.#closed) item.fail(shuttingDown());
      else this.#queue.pushFirst(item);
    }
  }

  #onStartFailed(error: BrinkError, died: boolean): void {
    this.#readiness.settle(error);
    for (const item of this.#queue.takeAll()) {
      if (died && ++item.deaths < deathsMax) this.#queue.push(item, item.enqueuedAt);
      else item.fail(error);
    }
  }

  #onCrewChange(): void {
    if (this.#closed) return;
    for (const [instance, cancel] of this.#asking) {
      if (instance.idle) continue;
      cancel();
      this.#asking.delete(instance);
    }
    if (this.#crew.residency === 'ready') this.#onReady();
    this.#failTheLate();
    this.#advance();
  }

  #onReady(): void {
    this.#door.raiseFloor(this.#crew.usable.length * this.#rowsLimit());
    const { clock, observe, label } = this.#parts;
    if (!this.#loaded) observe({ kind: 'loaded', of: label(), ms: clock.now() - this.#createdAt });
    this.#loaded = true;
    this.#readiness.settle();
  }

  /** Those whom the next try of a runner comes too late for hear so now. */
  #failTheLate(): void {
    const { setback } = this.#crew;
    if (setback === undefined) return;
    const { clock, limits } = this.#parts;
    const waitMs = setback.until - clock.now();
    for (const item of this.#queue.takeAll()) {
      if (waitMs > Math.min(limits.backoffWaitMsMax, item.deadline.leftMs()))
        item.fail(notBefore(setback.error, waitMs));
      else this.#queue.push(item, item.enqueuedAt);
    }
  }
}
