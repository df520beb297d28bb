import type { Allocate } from '../protocol/allocate.js';
import type { ServedBy, TierName } from '../protocol/headers.js';
import type { WireBody } from '../protocol/codec.js';
import type { Caller } from '../engine/engine.js';
import type { InferRequest, InferResponse } from '../protocol/infer.js';
import type { Limits } from '../protocol/limits.js';
import type { Signature } from '../protocol/tensor.js';
import type { VersionRef } from '../release/release.js';
import type { Deadline } from '../time/deadline.js';

/**
 * How a protocol that is not REST reads its request and writes its answer. Both throw BrinkErrors of the caller's faults.
 * What `encode` answers has memory of its own: that of the outputs is used again.
 */
export interface InferCodec {
  decode(signature: Signature, limits: Limits): InferRequest;
  encode(response: InferResponse, request: InferRequest): EncodedBody;
}

/** One request of the data plane, free of HTTP: what every protocol is parsed into before anything else happens. */
export interface Call {
  readonly kind: 'infer' | 'predict';
  readonly model: string;
  /** From the path; undefined means whatever the release says. */
  readonly version: string | undefined;
  readonly body: WireBody;
  /** Absent: REST, by the media types of `body` and `accept`. */
  readonly codec?: InferCodec;
  /** The query string (`predict`). */
  readonly parameters: Readonly<Record<string, string>>;
  readonly accept: string | undefined;
  /** How the answer may be compressed, as `accept-encoding` says it. Absent: not at all. */
  readonly acceptEncoding?: string | undefined;
  readonly deadline: Deadline;
  /** Whether the caller named the deadline; otherwise the version's own may take its place. */
  readonly deadlineGiven: boolean;
  readonly requestId: string;
  readonly traceparent: string;
  /** Routing key for sticky assignment. */
  readonly key: string;
  readonly forcedTier: TierName | undefined;
  readonly noFallback: boolean;
  /** `x-brink-priority`; the V2 parameter `priority` wins. 1 is the highest, 0 the default. */
  readonly priority: number;
  /** Aborts when the caller has gone. Only where a caller's leaving can be seen: at the origin. */
  readonly signal?: AbortSignal;
  /** Hears of each run that was made for this call. */
  readonly noteRun?: NonNullable<Caller['noteRun']>;
  readonly lendOutputs?: NonNullable<Caller['lendOutputs']>;
  /** Where the answer may be written to. Default: an array of its own. */
  readonly allocate?: Allocate;
  /** `version@digest`: answer with exactly this or not at all (edge → origin). */
  readonly pin: VersionRef | undefined;
  /** The newest epoch that the previous hop has seen; 0 when it says none. */
  readonly seenEpoch: number;
}

/** An encoded answer. */
export interface EncodedBody {
  readonly contentType: string;
  /** Of the body before it is compressed. */
  readonly inferenceHeaderLength: number | undefined;
  readonly bytes: Uint8Array;
  /** How `bytes` are compressed; absent: not at all. */
  readonly contentEncoding?: 'gzip' | 'deflate';
}

/** One try of one tier. `failure` is the code it failed with. */
export interface Attempt {
  readonly tier: TierName;
  readonly ms: number;
  readonly failure?: string;
}

/** An answer and where it came from. */
export interface Answer {
  readonly body: EncodedBody;
  readonly ref: VersionRef;
  readonly epoch: number;
  readonly servedBy: ServedBy;
  readonly attempts: readonly Attempt[];
}

/** What the runs of a call took, all together. */
export interface RunTimes {
  readonly runs: number;
  readonly queueMs: number;
  readonly inputMs: number;
  readonly inferMs: number;
  readonly outputMs: number;
  /** Of the last of them; milliseconds since the Unix epoch. */
  readonly endedAt: number;
}

/** What a failed call can still say about itself in the log. */
export interface CallReport {
  run?: RunTimes;
  /** How often an answer was begun: more than once when the release changed meanwhile. Where a tier counts them. */
  plans?: number;
  /** Of the encoded answer. */
  bytesOut?: number;
  ref?: VersionRef;
  epoch?: number;
  attempts?: readonly Attempt[];
  servedBy?: ServedBy;
}
