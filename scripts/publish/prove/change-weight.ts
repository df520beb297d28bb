import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Content } from '../content/content.js';
import type { GraphBytes } from '../throw-away-runner.js';
import type { Weight } from './weight.js';

/** The graph with one of its weights changed: every element has the other sign. The rest is shared, not copied. */
export function withChangedWeight(graph: GraphBytes, weight: Weight): GraphBytes {
  if (weight.file === undefined) {
    const model = Uint8Array.prototype.slice.call(graph.model);
    flipSigns(model.subarray(weight.start, weight.end), 0, weight);
    return { ...graph, model };
  }
  const content = graph.externalData[weight.file];
  if (content === undefined) throw new Error(`expected the file ${weight.file} beside the graph`);
  return { ...graph, externalData: { ...graph.externalData, [weight.file]: new ChangedContent(content, weight) } };
}

/** `bytes` begin `from` bytes into the weight. */
function flipSigns(bytes: Uint8Array, from: number, { elementBytes, signs }: Weight): void {
  const first = (elementBytes - 1 - (from % elementBytes) + elementBytes) % elementBytes;
  for (let at = first; at < bytes.length; at += elementBytes) bytes[at] = (bytes[at] ?? 0) ^ signs;
}

const pieceBytes = 8 * 1024 * 1024;

/** A file of weights, one of them changed: the file may be larger than memory, so it is changed where it is written. */
class ChangedContent implements Content {
  readonly byteLength: number;
  readonly #content: Content;
  readonly #weight: Weight;

  constructor(content: Content, weight: Weight) {
    this.#content = content;
    this.#weight = weight;
    this.byteLength = content.byteLength;
  }

  /** No blob is ever made of it: a name of its own, not its bytes' digest. */
  get sha256(): string {
    const { start, end } = this.#weight;
    return createHash('sha256').update(`${this.#content.sha256} changed from ${start} to ${end}`).digest('hex');
  }

  bytes(): Promise<Uint8Array> {
    return this.read(0, this.byteLength);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = Uint8Array.prototype.slice.call(await this.#content.read(offset, length));
    const { start, end } = this.#weight;
    const [from, to] = [Math.max(start, offset), Math.min(end, offset + length)];
    if (from < to) flipSigns(bytes.subarray(from - offset, to - offset), from - start, this.#weight);
    return bytes;
  }

  async writeTo(path: string): Promise<void> {
    await this.#content.writeTo(path);
    const file = await open(path, 'r+');
    try {
      const { start, end } = this.#weight;
      for (let at = start; at < end; at += pieceBytes) {
        const piece = await this.read(at, Math.min(pieceBytes, end - at));
        await file.write(piece, 0, piece.byteLength, at);
      }
    } finally {
      await file.close();
    }
  }
}
