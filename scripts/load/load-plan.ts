import type { LoadResult } from './load-result.js';

/** One HTTP/1.1 connection carries one request at a time. */
export interface HttpTarget {
  readonly kind: 'http';
  /** Scheme, host and port: `http://127.0.0.1:8000`. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
  /** `/v2/models/m/infer` */
  readonly path: string;
  /** For every request; a body may have more of its own. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Unary calls, one channel per connection; requests are the serialised messages. */
export interface GrpcTarget {
  readonly kind: 'grpc';
  /** `127.0.0.1:8001` */
  readonly address: string;
  readonly tls?: boolean;
  /** `/inference.GRPCInferenceService/ModelInfer` */
  readonly method: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export type LoadTarget = HttpTarget | GrpcTarget;

/** A request's body, encoded already: what the generator does per request is to send it. */
export interface LoadBody {
  readonly bytes: Uint8Array;
  /** What this body needs besides the target's headers: `content-type`, `inference-header-content-length`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly check?: AnswerCheck;
}

export interface AnswerCheck {
  /** Compared in every answer; leave it out where digits of text make lengths differ. */
  readonly lengthBytes?: number;
  /** Compared in the first answer to the body and every `checkEvery`-th after it. */
  readonly content?: ContentCheck;
}

/** `tolerance` is absolute or relative, whichever is looser: |got − want| ≤ tolerance × max(1, |want|). */
export type ContentCheck =
  | { readonly kind: 'sha256'; readonly hex: string }
  /** Little-endian FP32 values that begin `fromEndBytes` before the answer's end: binary REST and gRPC's raw outputs. */
  | {
      readonly kind: 'fp32-tail';
      readonly fromEndBytes: number;
      readonly values: readonly number[];
      readonly tolerance: number;
    }
  /** The first elements of an output of a V2 answer; in msgpack an FP32 one. */
  | {
      readonly kind: 'v2-output';
      readonly format: 'json' | 'msgpack';
      readonly output: string;
      readonly values: readonly number[];
      readonly tolerance: number;
    };

export type LoadShape =
  /** Each connection sends its next request when the last is answered. */
  | { readonly kind: 'closed'; readonly connections: number }
  /**
   * Poisson arrivals at `ratePerS`, whatever the server does. Latency counts from the scheduled moment. A request that
   * finds all `connectionsMax` busy waits here, and so is sent late.
   */
  | { readonly kind: 'open'; readonly ratePerS: number; readonly seed: number; readonly connectionsMax: number };

export interface LoadPlan {
  readonly target: LoadTarget;
  /** At least one; with several each request takes one by chance, seeded. */
  readonly bodies: readonly LoadBody[];
  readonly bodySeed?: number;
  readonly shape: LoadShape;
  /** Sent before anything counts. */
  readonly warmUpS: number;
  /** For so long it counts. */
  readonly seconds: number;
  /** A request without its whole answer after so long is cut off. */
  readonly timeoutMs: number;
  /** Default: `checkEveryDefault`. */
  readonly checkEvery?: number;
  /** What `goodputPerS` and `withinBoundShare` count; default: any answer is good. */
  readonly latencyBoundMs?: number;
  /** Open loop: sent later than this after its moment is late. Default: `lateAfterMsDefault`. */
  readonly lateAfterMs?: number;
}

export const checkEveryDefault = 16;
/**
 * One millisecond for a thread to wake on a busy machine, one for a turn of the event loop; more is the generator's or its
 * machine's fault. For requests that take long more is harmless: the latency counts from the moment that was due.
 */
export const lateAfterMsDefault = 2;
/** A run of which more was sent late says nothing about the server. */
export const lateShareMax = 0.01;

/** What a plan may ask for at most: the generator must stop by itself, and not become a weapon by a typing error. */
export const loadLimits = {
  connectionsMax: 1_024,
  ratePerSMax: 50_000,
  secondsMax: 600,
  warmUpSMax: 120,
  timeoutMsMax: 120_000,
  /** Answers that a run remembers; one that gets there ends early and says so. */
  requestsMax: 5_000_000,
  bodiesMax: 10_000,
  bodiesBytesMax: 256 * 1024 * 1024,
} as const;

export interface RunOptions {
  /** Stops sending; the run resolves with what it has, `ended: 'stopped'`. */
  readonly signal?: AbortSignal;
  /** About four times a second. */
  readonly onProgress?: (progress: LoadProgress) => void;
}

export interface LoadProgress {
  readonly phase: 'warm-up' | 'measuring' | 'draining';
  /** Of `warmUpS + seconds`. */
  readonly elapsedS: number;
  readonly sent: number;
  readonly answered: number;
  readonly refused: number;
}

/** A generator that takes one run after the other. */
export interface LoadSession {
  run(plan: LoadPlan, options?: RunOptions): Promise<LoadResult>;
}
