import { BrinkError, toBrinkError } from '../../shared/errors/brink-error.js';
import { headers } from '../../shared/protocol/headers.js';
import type { VersionRef } from '../../shared/release/release.js';
import type { Call, EncodedBody } from '../../shared/serve/call.js';
import type { Deadline } from '../../shared/time/deadline.js';
import { OriginError, refusalOf } from './origin-error.js';
import { type OriginAddress, originUrl, OriginWatch } from './origin-watch.js';

/** An answer's size limit: what an origin may make an isolate hold. */
const answerBytesMax = 64 * 1024 * 1024;

export interface OriginAnswer {
  readonly body: EncodedBody;
  /** The newest epoch that the origin has seen. */
  readonly epoch: number;
}

/**
 * Passes a call on to the origin as it came, pinned to version and digest, with the time that is left. Fails with
 * `origin-unreachable`, `origin-failed`, `deadline-exceeded`, or the caller's own fault as the origin found it; always
 * an OriginError.
 */
export async function askOrigin(
  options: OriginAddress,
  call: Call,
  ref: VersionRef,
  epoch: number,
  deadline: Deadline,
): Promise<OriginAnswer> {
  const request = originRequest(options, call, ref, epoch, deadline);
  const watch = new OriginWatch(options);
  const { response, bytes } = await Promise.race([exchange(options, request, deadline), watch.silence])
    .catch((error: unknown) => {
      const late = error instanceof BrinkError && error.code === 'deadline-exceeded';
      // Being late says nothing: the caller may have been in a hurry, or others before him in the queue.
      throw new OriginError(toBrinkError(error), late ? undefined : false);
    })
    .finally(() => watch.end());
  if (response.status !== 200) throw refusalOf(response, bytes);
  const digest = response.headers.get(headers.digest);
  if (digest !== ref.digest) {
    throw new OriginError(new BrinkError('origin-failed', 'the origin answered with another version than asked'), true);
  }
  const length = response.headers.get(headers.inferenceHeaderLength);
  return {
    body: {
      contentType: response.headers.get('content-type') ?? 'application/octet-stream',
      inferenceHeaderLength: length === null ? undefined : Number(length),
      bytes,
    },
    epoch: Number(response.headers.get(headers.epoch) ?? 0),
  };
}

function originRequest(
  options: OriginAddress,
  call: Call,
  ref: VersionRef,
  epoch: number,
  deadline: Deadline,
): Request {
  const path = call.kind === 'infer' ? `v2/models/${call.model}/infer` : `v1/models/${call.model}/predict`;
  const url = originUrl(options.url, path);
  for (const [name, value] of Object.entries(call.parameters)) url.searchParams.append(name, value);
  const out = new Headers({
    'content-type': call.body.contentType === '' ? 'application/json' : call.body.contentType,
    'accept-encoding': 'identity',
    [headers.timeoutMs]: String(Math.max(1, Math.floor(deadline.leftMs()))),
    [headers.pin]: `${ref.version}@${ref.digest}`,
    [headers.epoch]: String(epoch),
    [headers.requestId]: call.requestId,
    [headers.traceparent]: call.traceparent,
  });
  if (call.priority !== 0) out.set(headers.priority, String(call.priority));
  if (call.accept !== undefined) out.set('accept', call.accept);
  if (options.key !== undefined) out.set('authorization', `Bearer ${options.key}`);
  if (call.body.inferenceHeaderLength !== undefined) {
    out.set(headers.inferenceHeaderLength, call.body.inferenceHeaderLength);
  }
  const signal = AbortSignal.timeout(Math.max(1, Math.ceil(deadline.leftMs())));
  return new Request(url, { method: 'POST', headers: out, body: call.body.bytes as Uint8Array<ArrayBuffer>, signal });
}

async function exchange(
  options: OriginAddress,
  request: Request,
  deadline: Deadline,
): Promise<{ response: Response; bytes: Uint8Array }> {
  const response = await deadline.bound(reach(options, request, deadline), 'the origin was asked');
  const bytes = new Uint8Array(await deadline.bound(readAnswer(response), 'the origin answered'));
  return { response, bytes };
}

async function reach(options: OriginAddress, request: Request, deadline: Deadline): Promise<Response> {
  try {
    return await options.fetch(request);
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') throw deadline.exceeded('the origin was asked');
    throw new BrinkError('origin-unreachable', 'the origin could not be reached', { cause: error });
  }
}

async function readAnswer(response: Response): Promise<ArrayBuffer> {
  const declared = Number(response.headers.get('content-length') ?? 0);
  if (declared > answerBytesMax) {
    await response.body?.cancel();
    throw new BrinkError(
      'origin-failed',
      `expected an answer of at most ${answerBytesMax} bytes from the origin, got ${declared}`,
    );
  }
  try {
    return await response.arrayBuffer();
  } catch (error) {
    throw new BrinkError('origin-unreachable', "the origin's answer broke off", { cause: error });
  }
}
