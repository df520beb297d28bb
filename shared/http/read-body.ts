import { BrinkError } from '../errors/brink-error.js';
import type { Limits } from '../protocol/limits.js';
import type { Deadline } from '../time/deadline.js';

/**
 * The whole body, decompressed, within the limit both as it arrives and after decompression, and within the deadline.
 * `content-length` is believed only to refuse early.
 */
export async function readBody(request: Request, limits: Limits, deadline: Deadline): Promise<Uint8Array> {
  const declared = declaredLength(request.headers.get('content-length'));
  if (declared !== undefined && declared > limits.bodyBytesMax) throw tooLarge(`${declared} bytes`, limits);
  if (request.body === null) return new Uint8Array(0);
  const encoding = contentEncoding(request.headers.get('content-encoding'));
  const limited = request.body.pipeThrough(atMost(limits));
  const plain =
    encoding === undefined
      ? limited
      : limited.pipeThrough(
          new DecompressionStream(encoding) as unknown as ReadableWritablePair<Uint8Array, Uint8Array>,
        );
  return collect(plain, limits, deadline, encoding, declared);
}

function contentEncoding(header: string | null): 'gzip' | 'deflate' | undefined {
  const name = (header ?? '').trim().toLowerCase();
  if (name === '' || name === 'identity') return undefined;
  if (name === 'gzip' || name === 'deflate') return name;
  throw new BrinkError('unsupported-encoding', "expected content-encoding 'gzip', 'deflate' or none, got another one");
}

function declaredLength(header: string | null): number | undefined {
  return header !== null && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

function atMost(limits: Limits): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > limits.bodyBytesMax) controller.error(tooLarge(`at least ${bytes} bytes`, limits));
      else controller.enqueue(chunk);
    },
  });
}

async function collect(
  stream: ReadableStream<Uint8Array>,
  limits: Limits,
  deadline: Deadline,
  encoding: string | undefined,
  declared: number | undefined,
): Promise<Uint8Array> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await nextChunk(reader, limits, deadline);
      if (done) break;
      bytes += value.byteLength;
      if (bytes > limits.bodyBytesMax) throw tooLarge(`at least ${bytes} bytes after decompression`, limits);
      chunks.push(value);
    }
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    throw bodyError(error, encoding);
  }
  if (encoding === undefined && declared !== undefined && declared !== bytes) {
    throw new BrinkError('invalid-request', `expected ${declared} bytes of body by content-length, got ${bytes}`);
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : concatenate(chunks, bytes);
}

async function nextChunk(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  limits: Limits,
  deadline: Deadline,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  return deadline.bound(reader.read(), 'the body arrived', limits.bodyReadMsMax) as Promise<
    ReadableStreamReadResult<Uint8Array>
  >;
}

function bodyError(error: unknown, encoding: string | undefined): BrinkError {
  if (error instanceof BrinkError) {
    return error.code === 'deadline-exceeded' ? new BrinkError('body-timeout', error.message) : error;
  }
  if (encoding !== undefined) {
    return new BrinkError('malformed-encoding', `expected a body in ${encoding}, got one that does not decompress`, { cause: error }); // prettier-ignore
  }
  return new BrinkError('invalid-request', 'the body broke off before its end', { cause: error });
}

function tooLarge(came: string, limits: Limits): BrinkError {
  return new BrinkError('body-too-large', `expected a body of at most ${limits.bodyBytesMax} bytes, got ${came}`);
}

function concatenate(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
