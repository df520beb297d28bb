import { nameSchema } from '../../../shared/protocol/names.js';
import { elementTypes, rawBytesOf } from './element-types.js';
import type { OnnxTensor } from './onnx-model.js';
import { quotedName, refusedGraph } from './refused-graph.js';

/** Sizes in bytes of the files beside a graph that its publisher has named, by their names. */
export type ExternalFiles = ReadonlyMap<string, number>;

/** What ONNX has. Others would be somebody's extension, and what it does nobody here knows. */
const externalKeys: ReadonlySet<string> = new Set(['location', 'offset', 'length', 'checksum']);

/** Throws PublishError `refused-graph` for a tensor whose values are not exactly those that its shape asks for. */
export function checkTensor(tensor: OnnxTensor, files: ExternalFiles): void {
  const { name, dataType, dims, rawBytes, elements, external } = tensor;
  const of = `tensor ${quotedName(name)}`;
  const type = elementTypes.get(dataType);
  if (type === undefined) throw refusedGraph(`${of} to have an element type that ONNX has, got number ${dataType}`);
  if (dims.some((size) => size < 0n)) throw refusedGraph(`${of} to have sizes from 0, got [${dims.join(', ')}]`);
  const count = dims.reduce((product, size) => product * size, 1n);
  const fields = [...elements.keys(), ...(rawBytes === undefined ? [] : ['raw_data'])];
  if (external !== undefined) {
    if (fields.some((field) => field !== 'raw_data' || rawBytes !== 0)) {
      throw refusedGraph(`${of} to lie in another file or in this one, it has values in both (${fields.join(', ')})`);
    }
    if (type.bits === 0) throw refusedGraph(`${of} of strings to lie in this file, it names another`);
    checkExternal(of, external, rawBytesOf(type, count), files);
    return;
  }
  if (fields.length > 1) throw refusedGraph(`${of} to have values in one field, got ${fields.join(' and ')}`);
  if (rawBytes !== undefined) {
    const wanted = rawBytesOf(type, count);
    if (type.bits > 0 && BigInt(rawBytes) === wanted) return;
    throw refusedGraph(`${wanted} bytes of raw_data for ${of} (${described(tensor)}), got ${rawBytes}`);
  }
  const [field] = fields;
  if (field !== undefined && field !== type.field) {
    throw refusedGraph(`the values of ${of} (${described(tensor)}) in ${type.field} or raw_data, got ${field}`);
  }
  const wanted = type.perElement < 1 ? rawBytesOf(type, count) : count * BigInt(type.perElement);
  const got = elements.get(type.field) ?? 0;
  if (BigInt(got) !== wanted) {
    throw refusedGraph(`${wanted} values in ${type.field} for ${of} (${described(tensor)}), got ${got}`);
  }
}

function described({ dataType, dims }: OnnxTensor): string {
  return `${elementTypes.get(dataType)?.name ?? dataType} [${dims.join(', ')}]`;
}

function checkExternal(of: string, external: ReadonlyMap<string, string>, bytes: bigint, files: ExternalFiles): void {
  const unknown = [...external.keys()].find((key) => !externalKeys.has(key));
  if (unknown !== undefined) {
    throw refusedGraph(`external_data of ${of} with ${[...externalKeys].join(', ')} alone, got ${quotedName(unknown)}`);
  }
  const location = external.get('location') ?? '';
  if (!nameSchema.safeParse(location).success) {
    throw refusedGraph(`${of} to lie in a file beside the graph, named without a path, got ${quotedName(location)}`);
  }
  const fileBytes = files.get(location);
  if (fileBytes === undefined) {
    const known = files.size === 0 ? 'none' : [...files.keys()].map(quotedName).join(', ');
    throw refusedGraph(
      `${of} to lie in one of the external data files that are declared ("externalData" beside the graph: ${known}), got ${quotedName(location)}`,
    );
  }
  const offset = wholeNumber(of, 'offset', external.get('offset') ?? '0');
  const length = wholeNumber(of, 'length', external.get('length') ?? String(bytes));
  if (length !== bytes) throw refusedGraph(`${bytes} bytes for ${of} in ${quotedName(location)}, got length ${length}`);
  if (offset + length > BigInt(fileBytes)) {
    throw refusedGraph(`${of} within the ${fileBytes} bytes of ${quotedName(location)}, it ends at ${offset + length}`);
  }
}

function wholeNumber(of: string, key: string, text: string): bigint {
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  throw refusedGraph(`external_data of ${of} with a whole number as ${key}, got ${quotedName(text)}`);
}
