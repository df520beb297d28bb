import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { mediaTypes } from '../../../shared/protocol/framing.js';
import { contentTypeOf } from '../../commands/content-type.js';
import { readInput } from '../../commands/read-input.js';
import { UsageError } from '../../commands/usage-error.js';
import { loadLimits } from '../load-plan.js';
import { binaryHeadLength } from './binary-head.js';

/** One request of the operator's own, as it goes over the wire. */
export interface TrafficItem {
  /** The file, and in a file of many the line. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
  /** `Inference-Header-Content-Length`, of a request with binary tensors. */
  readonly headLength?: number;
}

export interface TrafficOptions {
  /** For the model's handler: any file is one; else V2 requests. */
  readonly predict: boolean;
  /** Instead of what the files' endings say. */
  readonly contentType?: string | undefined;
}

/** The requests in a file or in the files of a folder, in the order of their names. Throws a UsageError that says what is wrong. */
export async function readTraffic(path: string, options: TrafficOptions): Promise<TrafficItem[]> {
  const items: TrafficItem[] = [];
  let bytes = 0;
  for (const file of await filesOf(path)) {
    const content = await readInput(file);
    items.push(...(extname(file) === '.jsonl' ? linesOf(file, content) : [itemOf(file, content, options)]));
    bytes += content.byteLength;
    if (items.length > loadLimits.bodiesMax) {
      throw new UsageError(`${path}: expected at most ${loadLimits.bodiesMax} requests, got ${items.length} and more`);
    }
    if (bytes > loadLimits.bodiesBytesMax) {
      throw new UsageError(`${path}: expected at most ${loadLimits.bodiesBytesMax} bytes, got ${bytes} and more`);
    }
  }
  if (items.length === 0) throw new UsageError(`${path}: expected at least one request, found none`);
  return items;
}

async function filesOf(path: string): Promise<string[]> {
  const found = await stat(path).catch((error: unknown) => {
    throw new UsageError(`cannot read ${path}: there is no such file or folder`, { cause: error });
  });
  if (!found.isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).map(({ name }) => name);
  return files.sort().map((file) => join(path, file));
}

function linesOf(file: string, content: Uint8Array): TrafficItem[] {
  const lines = new TextDecoder().decode(content).split('\n');
  return lines.flatMap((line, at) => {
    if (line.trim() === '') return [];
    const name = `${basename(file)}:${at + 1}`;
    try {
      JSON.parse(line);
    } catch (error) {
      throw new UsageError(`${name}: expected a line of JSON, got "${line.slice(0, 40)}"`, { cause: error });
    }
    return [{ name, bytes: new TextEncoder().encode(line), contentType: mediaTypes.json }];
  });
}

function itemOf(file: string, bytes: Uint8Array, { predict, contentType }: TrafficOptions): TrafficItem {
  const name = basename(file);
  if (predict) return { name, bytes, contentType: contentType ?? contentTypeOf(file) };
  switch (extname(file).toLowerCase()) {
    case '.json':
      return { name, bytes, contentType: mediaTypes.json };
    case '.msgpack':
      return { name, bytes, contentType: mediaTypes.msgpack };
    case '.bin':
      return { name, bytes, contentType: mediaTypes.binary, headLength: binaryHeadLength(bytes) };
    default:
      throw new UsageError(
        `${name}: expected V2 requests as .json, .jsonl, .bin or .msgpack (files for the model's handler need --predict)`,
      );
  }
}
