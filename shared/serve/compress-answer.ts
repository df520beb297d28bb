import { collectBytes } from '../http/collect-bytes.js';
import type { Call, EncodedBody } from './call.js';

/** Below this, what compressing saves is less than a packet. */
export const compressBytesMin = 1_024;

type Encoding = NonNullable<EncodedBody['contentEncoding']>;
const encodings: readonly Encoding[] = ['gzip', 'deflate'];

/** The answer compressed as its call asks for; as it is where none was asked for, or where nothing would be gained. */
export async function compressAnswer(
  body: EncodedBody,
  { acceptEncoding }: Pick<Call, 'acceptEncoding'>,
): Promise<EncodedBody> {
  if (body.bytes.length < compressBytesMin || acceptEncoding === undefined) return body;
  const contentEncoding = wantedEncoding(acceptEncoding);
  if (contentEncoding === undefined) return body;
  const bytes = await compress(body.bytes, contentEncoding);
  return bytes.length < body.bytes.length ? { ...body, bytes, contentEncoding } : body;
}

/**
 * The encoding of ours that `accept-encoding` names with the highest quality, gzip first; undefined for none. A
 * wildcard asks for nothing by name, so it gets the answer as it is.
 */
export function wantedEncoding(acceptEncoding: string): Encoding | undefined {
  const qualities = new Map<string, number>();
  for (const part of acceptEncoding.toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
    qualities.set(name === 'x-gzip' ? 'gzip' : name, qualityOf(parameters));
  }
  let wanted: Encoding | undefined;
  let best = qualities.get('identity') ?? 0;
  for (const encoding of encodings) {
    const quality = qualities.get(encoding) ?? 0;
    // As good as the plain answer is good enough: it was named.
    if (wanted === undefined ? quality > 0 && quality >= best : quality > best) [wanted, best] = [encoding, quality];
  }
  return wanted;
}

function qualityOf(parameters: readonly string[]): number {
  const text = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  if (text === undefined) return 1;
  const quality = Number(text);
  return quality >= 0 && quality <= 1 ? quality : 0;
}

async function compress(bytes: Uint8Array, encoding: Encoding): Promise<Uint8Array> {
  const { readable, writable } = new CompressionStream(encoding) as unknown as ReadableWritablePair<Uint8Array, Uint8Array>; // prettier-ignore
  const writer = writable.getWriter();
  const written = writer.write(bytes).then(() => writer.close());
  const [compressed] = await Promise.all([collectBytes(readable.getReader(), Infinity, unbounded), written]);
  return compressed;
}

function unbounded(): never {
  throw new Error('there is no limit to go over');
}
