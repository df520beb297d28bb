import { BrinkError } from '../errors/brink-error.js';
import type { Limits } from '../protocol/limits.js';
import type { Deadline } from '../time/deadline.js';
import { type Encoding, inflateBody } from './inflate-body.js';
import { collectBytes } from './collect-bytes.js';
import type { BodySource } from './body-source.js';
import { fillBytes } from './fill-bytes.js';
import type { PieceReader } from './piece-reader.js';

/**
 * The whole body, decompressed, within the limit both as it arrives and after decompression, and within the deadline.
 * `content-length` is believed only to refuse early. It is read to its end before it is decompressed, also when it does
 * not decompress: a connection with an unread body cannot be used again.
 * With `alignedAt` it may lie in memory of the source's, which has that byte at a multiple of 8.
 */
export async function readBody(
  source: BodySource,
  limits: Limits,
  deadline: Deadline,
  alignedAt?: number,
): Promise<Uint8Array> {
  const declared = declaredLength(source.contentLength);
  if (declared !== undefined && declared > limits.bodyBytesMax) throw tooLarge(`${declared} bytes`, limits);
  const encoding = contentEncoding(source.contentEncoding);
  const reader = source.reader(declared);
  if (reader === undefined) return new Uint8Array(0);
  const isWhole = encoding === undefined && declared !== undefined && alignedAt !== undefined;
  const memory = isWhole ? source.memory?.(alignedAt) : undefined;
  const sent = await arrive(reader, memory, limits, deadline.fromNow(limits.bodyReadMsMax));
  if (declared !== undefined && declared !== sent.length) {
    throw new BrinkError('invalid-request', `expected ${declared} bytes of body by content-length, got ${sent.length}`);
  }
  return encoding === undefined ? sent : decompress(sent, encoding, limits);
}

function contentEncoding(header: string | undefined): Encoding | undefined {
  const name = (header ?? '').trim().toLowerCase();
  if (name === '' || name === 'identity') return undefined;
  if (name === 'gzip' || name === 'deflate') return name;
  throw new BrinkError('unsupported-encoding', "expected content-encoding 'gzip', 'deflate' or none, got another one");
}

function declaredLength(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

async function arrive(
  reader: PieceReader,
  memory: Uint8Array | undefined,
  limits: Limits,
  deadline: Deadline,
): Promise<Uint8Array> {
  const doing = 'the body arrived';
  const tooMany = (bytes: number): BrinkError => tooLarge(`at least ${bytes} bytes`, limits);
  try {
    // Checked at each piece too: what is always there at once is never waited for, and no timer would fire.
    const check = (): void => deadline.check(doing);
    const collecting =
      memory === undefined
        ? collectBytes(reader, limits.bodyBytesMax, tooMany, check)
        : fillBytes(reader, memory, tooMany, check);
    return await deadline.bound(collecting, doing); // one timer for all pieces: a timer costs 0.03 ms
  } catch (error) {
    if (error instanceof BrinkError && error.code === 'body-too-large') {
      reader.releaseLock(); // whoever keeps the connection may read the rest
      throw error;
    }
    reader.cancel().catch(() => undefined); // not awaited: a source that stalls may stall in its cancellation too
    if (error instanceof BrinkError) throw new BrinkError('body-timeout', error.message);
    throw new BrinkError('invalid-request', 'expected a whole body, got one that broke off', { cause: error });
  }
}

async function decompress(sent: Uint8Array, encoding: Encoding, limits: Limits): Promise<Uint8Array> {
  try {
    return await inflateBody(sent, encoding, limits.bodyBytesMax, (bytes) =>
      tooLarge(`at least ${bytes} bytes after decompression`, limits),
    );
  } catch (error) {
    if (error instanceof BrinkError) throw error;
    throw new BrinkError('malformed-encoding', `expected a body in ${encoding}, got one that does not decompress`, { cause: error }); // prettier-ignore
  }
}

function tooLarge(came: string, limits: Limits): BrinkError {
  return new BrinkError('body-too-large', `expected a body of at most ${limits.bodyBytesMax} bytes, got ${came}`);
}
