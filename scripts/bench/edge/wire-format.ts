import { pack, unpack } from 'msgpackr';
import type { Exchange } from '../keep-alive-client.js';
import type { BenchModel } from './bench-model.js';

export const wireFormats = ['json', 'binary', 'msgpack'] as const;
export type WireFormat = (typeof wireFormats)[number];

export interface WireRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const bytesOf = (data: Float32Array): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** The V2 infer request of a model as a client writes it, in one of the three formats. */
export function requestIn(format: WireFormat, { input }: Pick<BenchModel, 'input'>): WireRequest {
  const { name, shape, data } = input;
  const head = { name, shape, datatype: 'FP32' };
  switch (format) {
    case 'json': {
      // Nine digits are what an FP32 needs; its exact value as a double has up to twice as many.
      const numbers = Array.from(data, (value) => Number(value.toPrecision(9)));
      return {
        headers: { 'content-type': 'application/json' },
        body: jsonBytes({ inputs: [{ ...head, data: numbers }] }),
      };
    }
    case 'binary': {
      const parameters = { binary_data_size: data.byteLength };
      const json = jsonBytes({ parameters: { binary_data_output: true }, inputs: [{ ...head, parameters }] });
      const length = { 'inference-header-content-length': String(json.byteLength) };
      const headers = { 'content-type': 'application/octet-stream', ...length };
      return { headers, body: Buffer.concat([json, bytesOf(data)]) };
    }
    case 'msgpack': {
      const body = pack({ inputs: [{ ...head, data: bytesOf(data) }] });
      return { headers: { 'content-type': 'application/msgpack' }, body };
    }
  }
}

const jsonBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

interface WireOutput {
  readonly data?: number[] | Uint8Array;
}

/** The elements of an answer's only output. */
export function outputOf(
  format: WireFormat,
  { bytes, headers }: Pick<Exchange, 'bytes' | 'headers'>,
): ArrayLike<number> {
  switch (format) {
    case 'json': {
      const { outputs } = JSON.parse(new TextDecoder().decode(bytes)) as { outputs: WireOutput[] };
      return outputs[0]?.data ?? [];
    }
    case 'binary':
      return floats(bytes.subarray(Number(headers['inference-header-content-length'])));
    case 'msgpack': {
      const { outputs } = unpack(bytes) as { outputs: WireOutput[] };
      return floats((outputs[0]?.data ?? new Uint8Array()) as Uint8Array);
    }
  }
}

const floats = (bytes: Uint8Array): Float32Array => new Float32Array(Uint8Array.from(bytes).buffer);
