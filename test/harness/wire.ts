import { unpack } from 'msgpackr';
import { type FixedDatatype, fixedLayouts } from '../../shared/protocol/datatype.js';
import { halfFromNumber } from '../../shared/protocol/fp16.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import type { Reply } from './stack.js';

interface WireTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: number[];
  readonly data?: unknown;
  readonly parameters?: { readonly binary_data_size?: number };
}

/** The tensors of an answer, read as an independent client would: none of our codecs' decoders is used. */
export function readTensors(reply: Reply): Tensor[] {
  const contentType = reply.headers.get('content-type') ?? '';
  const headerLength = reply.headers.get('inference-header-content-length');
  if (contentType.includes('msgpack')) {
    const body = unpack(reply.bytes) as { outputs: WireTensor[] };
    return body.outputs.map((output) => fromBytes(output, Uint8Array.from(output.data as Uint8Array)));
  }
  const jsonBytes = headerLength === null ? reply.bytes : reply.bytes.slice(0, Number(headerLength));
  const body = parseExact(new TextDecoder().decode(jsonBytes)) as { outputs: WireTensor[] };
  let at = jsonBytes.length;
  return body.outputs.map((output) => {
    const size = output.parameters?.binary_data_size;
    if (size === undefined) return fromElements(output);
    at += size;
    return fromBytes(output, reply.bytes.slice(at - size, at));
  });
}

/** JSON with integers beyond 2^53 kept, as strings. A run of digits inside a string would be hit too: tests have none. */
function parseExact(text: string): unknown {
  return JSON.parse(text.replace(/(?<=[[,])-?\d{16,}(?=[,\]])/g, '"$&"'));
}

function fromBytes({ name, datatype, shape }: WireTensor, bytes: Uint8Array): Tensor {
  if (datatype === 'BYTES') return { name, datatype, shape, data: textsOf(bytes) };
  const layout = fixedLayouts[datatype as FixedDatatype];
  const data = new layout.array(bytes.slice().buffer, 0, bytes.length / layout.bytes);
  return { name, datatype: datatype as FixedDatatype, shape, data };
}

function textsOf(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at, true);
    texts.push(new TextDecoder().decode(bytes.slice(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return texts;
}

function fromElements({ name, datatype, shape, data }: WireTensor): Tensor {
  const flat = (data as unknown[]).flat(Infinity);
  if (datatype === 'BYTES') return { name, datatype, shape, data: flat as string[] };
  const { array, bytes } = fixedLayouts[datatype as FixedDatatype];
  const typed = new array(new ArrayBuffer(flat.length * bytes), 0, flat.length);
  flat.forEach((element, index) => {
    typed[index] = elementOf(datatype, element);
  });
  return { name, datatype: datatype as FixedDatatype, shape, data: typed };
}

function elementOf(datatype: string, element: unknown): number | bigint {
  if (datatype === 'INT64' || datatype === 'UINT64') return BigInt(element as string | number);
  return datatype === 'FP16' ? halfFromNumber(Number(element)) : Number(element);
}
