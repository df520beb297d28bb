import { BrinkError } from '../errors/brink-error.js';
import { quoted } from './quote-text.js';

/** A request body as it arrived, decompressed. */
export interface WireBody {
  /** Media type, lower case, without parameters; '' when absent, which means JSON. */
  readonly contentType: string;
  /** The raw value of `Inference-Header-Content-Length`. */
  readonly inferenceHeaderLength: string | undefined;
  readonly bytes: Uint8Array;
}

/** How a body is framed: `binary` begins with `headLength` bytes of JSON, `raw` is the bytes of the only input. */
export type Framing =
  | { readonly kind: 'json' }
  | { readonly kind: 'msgpack' }
  | { readonly kind: 'binary'; readonly headLength: number }
  | { readonly kind: 'raw' };

export const mediaTypes = {
  json: 'application/json',
  binary: 'application/octet-stream',
  msgpack: 'application/msgpack',
} as const;

const msgpackTypes: readonly string[] = [mediaTypes.msgpack, 'application/x-msgpack'];
/**
 * The binary extension is told by its header, not by its media type: clients send it with either type, and some send
 * pure JSON as octet-stream because that is their HTTP library's default.
 */
const jsonOrBinaryTypes: readonly string[] = ['', mediaTypes.json, mediaTypes.binary];

/** Throws `unsupported-media-type`, or `bad-header` for a length that is not one. */
export function framingOf(body: WireBody): Framing {
  const { contentType, inferenceHeaderLength: header } = body;
  if (msgpackTypes.includes(contentType)) {
    if (header === undefined) return { kind: 'msgpack' };
    throw new BrinkError('bad-header', 'expected no Inference-Header-Content-Length with a msgpack body');
  }
  if (!jsonOrBinaryTypes.includes(contentType)) {
    throw new BrinkError(
      'unsupported-media-type',
      `expected content-type application/json, application/octet-stream or application/msgpack, got ${quoted(contentType)}`,
    );
  }
  if (header === undefined) return jsonFraming(body);
  if (!/^\d{1,10}$/.test(header)) {
    throw new BrinkError(
      'bad-header',
      `expected Inference-Header-Content-Length to be a non-negative integer, got ${quoted(header)}`,
    );
  }
  const headLength = Number(header);
  if (headLength === 0) return { kind: 'raw' };
  if (headLength <= body.bytes.length) return { kind: 'binary', headLength };
  throw new BrinkError(
    'bad-header',
    `expected Inference-Header-Content-Length to be at most the body's ${body.bytes.length} bytes, got ${headLength}`,
  );
}

const jsonStart = /[\s{[]/;

function jsonFraming({ contentType, bytes }: WireBody): Framing {
  const first = bytes[0];
  if (contentType !== mediaTypes.binary || first === undefined || jsonStart.test(String.fromCharCode(first))) {
    return { kind: 'json' };
  }
  throw new BrinkError(
    'bad-header',
    'expected an Inference-Header-Content-Length header with a binary body (0 for the raw form), got none',
  );
}
