/** Header names: ours, and the protocols' that both tiers read. */
export const headers = {
  timeoutMs: 'x-brink-timeout-ms',
  key: 'x-brink-key',
  serveOn: 'x-brink-serve-on',
  noFallback: 'x-brink-no-fallback',
  priority: 'x-brink-priority',
  requestId: 'x-request-id',
  traceparent: 'traceparent',
  pin: 'x-brink-pin',
  model: 'x-brink-model',
  version: 'x-brink-version',
  digest: 'x-brink-digest',
  servedBy: 'x-brink-served-by',
  epoch: 'x-brink-epoch',
  fallback: 'x-brink-fallback',
  attempts: 'x-brink-attempts',
  inferenceHeaderLength: 'inference-header-content-length',
} as const;

/** Where an answer came from; `fallback` is a degraded answer. */
export type ServedBy = 'edge' | 'origin' | 'fallback';
/** Where a version may run. */
export type TierName = 'edge' | 'origin';
