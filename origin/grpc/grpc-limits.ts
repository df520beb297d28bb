import type { ResetLimits } from './reset-budget.js';

/** Limits of the connection: what comes before a request is one. Those of requests are in `Limits`. */
export interface GrpcLimits extends ResetLimits {
  readonly connectionsMax: number;
  /** Calls in flight on one connection; a client that opens more waits. */
  readonly streamsPerConnectionMax: number;
  /** Messages of one `ModelStreamInfer` that are being answered; reading pauses beyond. */
  readonly streamMessagesMax: number;
  /** A message may be longer than a body by what its other fields take. */
  readonly messageSlackBytes: number;
  readonly answerBytesMax: number;
  /** Names and values of all metadata of a call. */
  readonly metadataBytesMax: number;
  /** What nghttp2 and unsent answers of one connection may take, in millions of bytes, before it opens no more calls. */
  readonly connectionMemoryMb: number;
  /** How far a client may send ahead of being read: in one call, and in all calls of a connection. */
  readonly callWindowBytes: number;
  readonly connectionWindowBytes: number;
  /** A connection is asked for a sign of life this often, and closed when it gives none for so long. */
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
  /** How often health is looked at while somebody watches it. */
  readonly healthEveryMs: number;
}

export const defaultGrpcLimits: GrpcLimits = {
  connectionsMax: 10_000,
  streamsPerConnectionMax: 1_024,
  // a little below nghttp2's own 1,000 and 33, at which it falls silent
  resetBurst: 900,
  resetsPerSecond: 33,
  streamMessagesMax: 64,
  messageSlackBytes: 64 * 1024,
  answerBytesMax: 512 * 1024 * 1024,
  metadataBytesMax: 16 * 1024,
  connectionMemoryMb: 256,
  callWindowBytes: 1024 * 1024,
  connectionWindowBytes: 8 * 1024 * 1024,
  keepaliveMs: 60_000,
  keepaliveTimeoutMs: 20_000,
  healthEveryMs: 1_000,
};
