/**
 * Every failure that a caller can see: its stable code and its HTTP status.
 * A code is a contract: it is never renamed and never changes its status. Statuses follow Triton's where it has one
 * (400 bad argument, 404 unknown model or version, 405, 415, 429/503 no capacity, 500 internal, 501 unsupported).
 */
export const statusOfCode = {
  // what the caller sent
  'malformed-json': 400,
  'json-too-deep': 400,
  'forbidden-key': 400,
  'malformed-msgpack': 400,
  'malformed-binary': 400,
  'malformed-encoding': 400,
  'invalid-request': 400,
  'bad-name': 400,
  'bad-parameter': 400,
  'bad-header': 400,
  'missing-input': 400,
  'unknown-input': 400,
  'unknown-output': 400,
  'duplicate-name': 400,
  'wrong-datatype': 400,
  'unsupported-datatype': 400,
  'wrong-shape': 400,
  'wrong-element-count': 400,
  'wrong-byte-size': 400,
  'value-out-of-range': 400,
  'not-a-number': 400,
  'bad-image': 400,
  'bad-audio': 400,
  'bad-input': 400,
  'model-rejected-input': 400,
  'no-handler': 400,
  'no-tensor-signature': 400,
  'body-too-large': 413,
  'tensor-too-large': 413,
  'image-too-large': 413,
  'audio-too-long': 413,
  'unsupported-media-type': 415,
  'unsupported-encoding': 415,
  // who the caller is
  unauthenticated: 401,
  'operators-only': 403,
  /** A key that may read, where inference is asked for. */
  'read-only-key': 403,
  // what there is
  'unknown-route': 404,
  'unknown-model': 404,
  'unknown-version': 404,
  'unknown-blob': 404,
  'not-released': 404,
  'version-fenced': 404,
  'method-not-allowed': 405,
  'not-acceptable': 406,
  'body-timeout': 408,
  /** Nobody reads it: the caller has gone. As nginx writes it in its log. */
  cancelled: 499,
  'version-conflict': 409,
  'epoch-conflict': 409,
  'pin-mismatch': 409,
  'nothing-to-roll-back-to': 409,
  'incomplete-version': 409,
  /** Parts of a blob that is to be joined are not there. */
  'incomplete-blob': 409,
  'handler-not-deployed': 409,
  /** A version that is served, or was a moment ago, cannot be removed. */
  'version-in-use': 409,
  'digest-mismatch': 422,
  'invalid-manifest': 422,
  /** Not signed by a key that this edge accepts, where its policy asks for one. */
  'unsigned-version': 422,
  // load and time: always with `retry-after` (503, 429)
  'too-many-requests': 429,
  'deadline-exceeded': 504,
  'no-tier-available': 503,
  'queue-full': 503,
  /** The estimated wait is longer than the deadline, or as many are in flight as the measured latency allows. */
  overloaded: 503,
  'heap-exhausted': 503,
  'engine-failed': 503,
  'runner-failed': 503,
  'handler-failed': 503,
  'handler-missing': 503,
  'artifact-unavailable': 503,
  'artifact-corrupt': 503,
  /** The version does not give the answers that it was published with. */
  'golden-failed': 503,
  /** This tier runs signed versions only, and has no valid signature of this one. */
  'signature-refused': 503,
  'control-unreachable': 503,
  'origin-unreachable': 503,
  'origin-failed': 503,
  'lease-expired': 503,
  loading: 503,
  'shutting-down': 503,
  /** An operator has unloaded the model, and not loaded it again. */
  unloaded: 503,
  /** An execution provider that was asked for is not there. */
  'provider-missing': 503,
  'not-supported': 501,
  internal: 500,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof statusOfCode;

/** Whether a string that came over a wire is one of our codes. */
export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(statusOfCode, text);
}
