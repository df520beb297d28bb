import { type BrinkError, toBrinkError } from '../../../shared/errors/brink-error.js';
import type { Residency } from '../../../shared/engine/engine.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import type { Deadline } from '../../../shared/time/deadline.js';
import type { CoreShares } from '../admission/core-shares.js';
import type { RefusalReason, RunnerEnd, VersionSnapshot } from '../engine-events.js';
import type { CostLine } from '../batch/size-costs.js';
import { notBefore, shuttingDown } from '../process/runner-errors.js';
import { Waiters } from '../waiters.js';
import { BatchBook, type BatchBookParts } from './batch-book.js';
import { Crew, type CrewParts } from './crew.js';
import { deathsMax, Dispatcher } from './dispatcher.js';
import { type Crowd, Door } from './door.js';
import { cancelled, RunItem, type RunRequest } from './run-item.js';

export interface VersionPoolParts extends Omit<CrewParts, 'book' | 'onChange' | 'onStartFailed'> {
  readonly inferGraph: BatchBookParts['inferGraph'];
  readonly batching: BatchBookParts['batching'];
  readonly cores: CoreShares;
  /** What runs cost where the version was published, by bucket; never rejects. */
  readonly publishedCosts?: Promise<ReadonlyMap<string, CostLine>>;
}

/**
 * One version: what waits for it, the batches made of that, and the runners that run them. The steps are: enqueue,
 * decide, take, dispatch. Every run that comes in is answered or refused, whatever becomes of the runners.
 */
export class VersionPool {
  readonly #parts: VersionPoolParts;
  readonly #book: BatchBook;
  readonly #door: Door;
  readonly #crew: Crew;
  readonly #dispatcher: Dispatcher;
  /** Those who wait until the version can answer. */
  readonly #readiness = new Waiters();
  readonly #createdAt: number;
  #loaded = false;
  #holds = 0;
  #draining: RunnerEnd | undefined;
  #closed = false;

  constructor(parts: VersionPoolParts) {
    this.#parts = parts;
    const { settings, signatures, inferGraph, batching, clock } = parts;
    this.#createdAt = clock.now();
    this.#book = new BatchBook({
      signatures,
      inferGraph,
      batching,
      onCpu: parts.deviceOf(0) === 'cpu',
      maxBatch: settings.maxBatch,
    });
    void parts.publishedCosts?.then((costs) => this.#book.startFrom(costs));
    this.#door = new Door(settings);
    this.#crew = new Crew({
      ...parts,
      book: this.#book,
      onChange: () => this.#onCrewChange(),
      onStartFailed: (error, died) => this.#onStartFailed(error, died),
    });
    this.#dispatcher = new Dispatcher({
      ...parts,
      book: this.#book,
      crew: this.#crew,
      onSuccess: (latencyMs, inFlight) => this.#door.sample(latencyMs, inFlight),
      onChange: () => this.#endIfDrained(),
    });
  }

  get residency(): Residency {
    return this.#closed ? 'absent' : this.#crew.residency;
  }

  /** Why it cannot answer now: every runner fails to start. */
  get failure(): BrinkError | undefined {
    return this.#crew.setback?.error;
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
    return this.#dispatcher.inFlight === 0 && this.#holds === 0;
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
      this.#endIfDrained();
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
    this.#dispatcher.enqueue(item);
    try {
      return await item.outputs;
    } catch (error) {
      const failure = toBrinkError(error);
      if (failure.code === 'deadline-exceeded') this.#door.dropped();
      observe({ kind: 'item-failed', of: label(), code: failure.code, totalMs: ticks() - now });
      throw failure;
    }
  }

  /** Whether whoever asks is refused, whatever he asks for. */
  get isFull(): boolean {
    return this.#door.isFull(this.#dispatcher.queued, this.#inFlight);
  }

  /** The refusal of somebody of whom nothing is known; undefined when he may come in. */
  turnAway(): BrinkError | undefined {
    const refusal = this.#door.refusal(this.#crowd(Infinity, 0, 1));
    if (refusal !== undefined) this.#refused(refusal.reason);
    return refusal?.error;
  }

  /** Serves what waits and what is held, then ends. */
  drain(reason: RunnerEnd = 'closed'): void {
    this.#draining = reason;
    this.#dispatcher.hurry();
    this.#dispatcher.advance();
    this.#endIfDrained();
  }

  /** Ends at once; what waits or runs fails with `shutting-down`. */
  close(reason: RunnerEnd = 'closed'): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#dispatcher.close();
    this.#readiness.settle(shuttingDown());
    this.#crew.close(reason);
  }

  /** Heartbeats, and what can be given back: called from time to time. */
  tend(): void {
    this.#door.raiseFloor(this.#crew.usable.length * this.#dispatcher.rowsLimit);
    this.#crew.tend();
  }

  snapshot(): VersionSnapshot {
    return {
      of: this.#parts.label(),
      queued: this.#dispatcher.queued,
      inFlight: this.#dispatcher.inFlight,
      concurrencyLimit: this.#door.limit,
      batchAxis: this.#book.axis,
      instances: this.#crew.snapshots(),
    };
  }

  #levelOf(priority: number): number {
    const { priorityLevels } = this.#parts.settings;
    return priority === 0 ? priorityLevels : Math.min(priority, priorityLevels);
  }

  #checkOpen(deadline: Deadline): void {
    const { clock, limits } = this.#parts;
    deadline.check('waiting for the model');
    if (this.#closed) throw shuttingDown();
    const { setback } = this.#crew;
    if (setback === undefined) return;
    const waitMs = setback.until - clock.now();
    if (waitMs <= Math.min(limits.backoffWaitMsMax, deadline.leftMs())) return;
    this.#refused('backing-off');
    throw notBefore(setback.error, waitMs);
  }

  #admit(deadline: Deadline, level: number, rows: number, bucket = this.#dispatcher.headBucket): void {
    const refusal = this.#door.refusal(this.#crowd(deadline.leftMs(), level, rows, bucket));
    if (refusal === undefined) return;
    this.#refused(refusal.reason);
    throw refusal.error;
  }

  get #inFlight(): number {
    return this.#dispatcher.inFlight + this.#holds;
  }

  #crowd(leftMs: number, level: number, rows: number, bucket = this.#dispatcher.headBucket): Crowd {
    const dispatcher = this.#dispatcher;
    return {
      queued: dispatcher.queued,
      inFlight: this.#inFlight,
      leftMs,
      rowsAhead: dispatcher.rowsAhead(level),
      rows,
      cost: bucket === undefined ? undefined : this.#book.costOf(bucket),
      rowsLimit: dispatcher.rowsLimit,
      remainingMs: dispatcher.remainingMs(),
    };
  }

  #refused(reason: RefusalReason): void {
    this.#parts.observe({ kind: 'refused', of: this.#parts.label(), reason });
  }

  #onStartFailed(error: BrinkError, died: boolean): void {
    this.#readiness.settle(error);
    this.#dispatcher.sift((item) => {
      if (died && ++item.deaths < deathsMax) return true;
      item.fail(error);
      return false;
    });
  }

  #onCrewChange(): void {
    if (this.#closed) return;
    if (this.#crew.residency === 'ready') this.#onReady();
    this.#failTheLate();
    this.#dispatcher.advance();
    this.#endIfDrained();
  }

  #endIfDrained(): void {
    if (this.#draining !== undefined && !this.#closed && this.isIdle) this.close(this.#draining);
  }

  #onReady(): void {
    this.#door.raiseFloor(this.#crew.usable.length * this.#dispatcher.rowsLimit);
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
    this.#dispatcher.sift((item) => {
      if (waitMs <= Math.min(limits.backoffWaitMsMax, item.deadline.leftMs())) return true;
      item.fail(notBefore(setback.error, waitMs));
      return false;
    });
  }
}
