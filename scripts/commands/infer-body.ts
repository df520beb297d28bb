import type { TensorSpec } from '../../shared/protocol/tensor.js';
import { headers } from '../../shared/protocol/headers.js';
import { isNpy, readNpy } from './read-npy.js';
import { UsageError } from './usage-error.js';

export interface InferBody {
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A V2 request from inputs as the operator gave them. The text of JSON values goes into the body as it is, so integers of
 * 64 bits keep their digits; an .npy file's bytes go as they are too, by the binary extension.
 */
export function inferBody(
  inputs: readonly { name: string; value: Uint8Array }[],
  specs: readonly TensorSpec[],
): InferBody {
  const members: string[] = [];
  const binaries: Uint8Array[] = [];
  for (const { name, value } of inputs) {
    const spec = specs.find((candidate) => candidate.name === name);
    if (spec === undefined) {
      const known = specs.map((candidate) => candidate.name).join(', ');
      throw new UsageError(`the model has no input "${name.slice(0, 64)}"; it has ${known}`);
    }
    if (isNpy(value)) {
      const { datatype, shape, data } = readNpy(name, value);
      const parameters = { binary_data_size: data.byteLength };
      members.push(JSON.stringify({ name, datatype, shape, parameters }));
      binaries.push(data);
    } else members.push(jsonMember(spec, new TextDecoder().decode(value).trim()));
  }
  const json = new TextEncoder().encode(`{"inputs":[${members.join(',')}]}`);
  if (binaries.length === 0) return { bytes: json, headers: { 'content-type': 'application/json' } };
  return {
    bytes: Buffer.concat([json, ...binaries]),
    headers: { 'content-type': 'application/octet-stream', [headers.inferenceHeaderLength]: String(json.byteLength) },
  };
}

function jsonMember(spec: TensorSpec, text: string): string {
  const { name, datatype } = spec;
  const value = parsed(name, text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const own = value as { datatype?: unknown; shape?: unknown; data?: unknown };
    if (!Array.isArray(own.shape) || own.data === undefined || 'name' in own) {
      throw new UsageError(`input "${name}": expected {"shape": […], "data": […]}`);
    }
    const head = JSON.stringify({ name, ...(own.datatype === undefined ? { datatype } : {}) });
    return `${head.slice(0, -1)},${text.slice(1)}`;
  }
  const data = Array.isArray(value) ? text : `[${text}]`;
  const shape = Array.isArray(value) ? shapeOf(spec, nesting(name, value)) : spec.shape.map((size) => Math.abs(size));
  return `${JSON.stringify({ name, datatype, shape }).slice(0, -1)},"data":${data}}`;
}

function parsed(name: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UsageError(`input "${name}": expected JSON, @file.json or @file.npy, got "${text.slice(0, 64)}"`);
  }
}

/** The shape that the nesting of arrays says. */
function nesting(name: string, value: readonly unknown[]): number[] {
  const [first] = value;
  if (!Array.isArray(first)) return [value.length];
  const inner = nesting(name, first);
  const even = value.every((row) => Array.isArray(row) && String(nesting(name, row)) === String(inner));
  if (!even) throw new UsageError(`input "${name}": expected rows of one length, got rows of several`);
  return [value.length, ...inner];
}

/** A nested array says its shape; a flat one has the model's, if at most one axis is open. */
function shapeOf({ name, shape }: TensorSpec, nested: readonly number[]): readonly number[] {
  const [count = 0] = nested;
  if (nested.length === shape.length || nested.length > 1) return nested;
  const open = shape.filter((size) => size < 0).length;
  const known = shape.reduce((product, size) => (size < 0 ? product : product * size), 1);
  if (open === 0 || (open === 1 && count % known === 0)) return shape.map((size) => (size < 0 ? count / known : size));
  throw new UsageError(
    `input "${name}": ${count} values do not say a shape of [${shape.join(', ')}]: nest them, or give {"shape": …, "data": …}`,
  );
}
