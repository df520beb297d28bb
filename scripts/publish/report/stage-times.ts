import type { PublishEvent, PublishStage } from '../publish-events.js';

/** A stage that is over, by the last that was told of it, and how long it took. */
export interface FinishedStage {
  readonly event: PublishEvent;
  readonly ms: number;
}

/** Tells from the events of publishing when a stage is over, and how long it took. */
export class StageTimes {
  readonly #nowMs: () => number;
  readonly #sums = new Map<PublishStage, number>();
  #running: { event: PublishEvent; startedAtMs: number } | undefined;
  /** What ended last, so that a late word of it does not begin it again. */
  #ended: string | undefined;
  #endedAtMs: number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
    this.#endedAtMs = nowMs();
  }

  /** What is over with this event: what ran before it, and itself where it is complete. */
  onEvent(event: PublishEvent): FinishedStage[] {
    const key = keyOf(event);
    const isNew = this.#running === undefined || keyOf(this.#running.event) !== key;
    if (isNew && this.#ended === key) return [];
    const finished = isNew ? this.finish() : [];
    const startedAtMs = isNew ? this.#startOf(event) : (this.#running?.startedAtMs ?? this.#nowMs());
    this.#running = { event, startedAtMs };
    return isComplete(event) ? [...finished, ...this.finish()] : finished;
  }

  /** Ends what runs: publishing has come to its end. */
  finish(): FinishedStage[] {
    if (this.#running === undefined) return [];
    const { event, startedAtMs } = this.#running;
    this.#running = undefined;
    this.#ended = keyOf(event);
    this.#endedAtMs = this.#nowMs();
    const ms = this.#endedAtMs - startedAtMs;
    this.#sums.set(event.stage, (this.#sums.get(event.stage) ?? 0) + ms);
    return [{ event, ms }];
  }

  /** What runs now. */
  get running(): PublishEvent | undefined {
    return this.#running?.event;
  }

  /** By stage, over all graphs, in the order in which they first ended. */
  get secondsByStage(): Partial<Record<PublishStage, number>> {
    return Object.fromEntries([...this.#sums].map(([stage, ms]) => [stage, Math.round(ms) / 1_000]));
  }

  /** What tells of itself when it is over has begun when the one before it ended. */
  #startOf({ stage }: PublishEvent): number {
    return stage === 'read' || stage === 'place' ? this.#endedAtMs : this.#nowMs();
  }
}

function keyOf(event: PublishEvent): string {
  const parts: string[] = [event.stage];
  if ('graph' in event) parts.push(event.graph ?? '');
  if ('runtime' in event) parts.push(event.runtime);
  if ('tier' in event) parts.push(event.tier);
  return parts.join('\n');
}

function isComplete(event: PublishEvent): boolean {
  if (event.stage === 'read' || event.stage === 'place') return true;
  if (event.stage === 'upload') return event.doneBytes >= event.totalBytes;
  return 'total' in event && (event.done ?? 0) >= event.total;
}
