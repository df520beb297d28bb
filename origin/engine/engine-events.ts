import type { ErrorCode } from '../../shared/errors/error-codes.js';

/** Which version an event is about. `version` is a name that it was last asked by. */
export interface VersionLabel {
  readonly model: string;
  readonly version: string;
  readonly digest: string;
}

export type RunnerStateName = 'starting' | 'warming' | 'ready' | 'busy' | 'backing-off' | 'draining' | 'dead';

/** Why a runner's process ended. */
export type RunnerEnd =
  | 'closed' // its version was retired, unloaded or replaced
  | 'evicted' // to make room for others
  | 'died' // by itself: a crash, or killed from outside
  | 'overrun' // its run went on past its limit, and was killed
  | 'silent' // it did not answer a heartbeat
  | 'grown' // its memory grew past the limit
  | 'start-failed';

export type RefusalReason = 'queue-full' | 'overloaded' | 'deadline' | 'backing-off' | 'shutting-down';

/** Milliseconds, with fractions. */
export interface RunTimes {
  /** From the queue's door to the start of the batch. */
  readonly queueMs: number;
  /** Putting the batch together and handing it to the runner. */
  readonly inputMs: number;
  /** `session.run`, measured in the runner. */
  readonly inferMs: number;
  /** From the end of the run to the outputs in the server. */
  readonly outputMs: number;
}

/** What happens in the engine, for metrics, statistics and traces. Plain data, never an input. */
export type EngineEvent =
  /** A request's run has been answered. `rows` is its own batch: 1, or as many as the caller sent. */
  | ({ readonly kind: 'item'; readonly of: VersionLabel; readonly rows: number } & RunTimes)
  /** A request's run has failed, in the queue or in the runner. */
  | { readonly kind: 'item-failed'; readonly of: VersionLabel; readonly code: ErrorCode; readonly totalMs: number }
  /** A run of the runner has ended well. */
  | ({ readonly kind: 'batch'; readonly of: VersionLabel; readonly rows: number; readonly items: number } & Omit<
      RunTimes,
      'queueMs'
    >)
  | { readonly kind: 'refused'; readonly of: VersionLabel; readonly reason: RefusalReason }
  /** The version can answer; `ms` from the first artifact asked for. */
  | { readonly kind: 'loaded'; readonly of: VersionLabel; readonly ms: number }
  | { readonly kind: 'runner-ended'; readonly of: VersionLabel; readonly reason: RunnerEnd };

/** Never throws. */
export type Observe = (event: EngineEvent) => void;

export interface InstanceSnapshot {
  readonly state: RunnerStateName;
  readonly pid: number | undefined;
  readonly rssBytes: number;
  /** `cpu`, or `cuda:0` and the like. */
  readonly device: string;
  readonly threads: number;
  /** Time spent in runs since the instance began. */
  readonly busyMs: number;
}

/** How things stand now, for gauges. */
export interface VersionSnapshot {
  readonly of: VersionLabel;
  readonly queued: number;
  readonly inFlight: number;
  readonly concurrencyLimit: number;
  /** Whether axis 0 was found to be a batch axis. */
  readonly batchAxis: 'untried' | 'independent' | 'not-a-batch';
  readonly instances: readonly InstanceSnapshot[];
}
