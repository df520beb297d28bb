import type { HandlerContext } from '../../shared/handler/handler.js';
import type { Image } from '../../shared/media/image-limits.js';
import { decodeGreedy, type ReadCharacter } from './ctc.js';
import { readLabels } from './labels.js';
import { lineTensor } from './line-tensor.js';
import { splitLine } from './split-line.js';
import { trimLine } from './trim-line.js';

// The pieces in this folder are part of ocr-line@1 and ocr-page@1: what changes their answers is a new version of both.

export interface RecogniseOptions {
  /** Level the line and cut off the blank around it first. */
  readonly trim: boolean;
  readonly spaceProbabilityMin: number;
}

export interface ReadLine {
  readonly text: string;
  /** Mean probability of the characters that are not spaces, 0 to 1; 0 for a line without any. */
  readonly confidence: number;
  readonly characters: readonly ReadCharacter[];
}

/** Reads one line of text with the version's graph `recogniser` and its file `labels`. */
export async function recogniseLine(
  image: Image,
  context: HandlerContext,
  options: RecogniseOptions,
): Promise<ReadLine> {
  const line = options.trim ? trimLine(image) : image;
  const characters: ReadCharacter[] = [];
  for (const piece of line === undefined ? [] : splitLine(line)) {
    context.checkpoint();
    const read = await recognisePiece(piece.image, context, options);
    if (piece.joint !== '' && characters.length > 0 && read.length > 0) {
      characters.push({ character: piece.joint, probability: 1 });
    }
    characters.push(...read);
  }
  const inked = characters.filter(({ character }) => character !== ' ');
  const sum = inked.reduce((total, { probability }) => total + probability, 0);
  return {
    text: characters.map(({ character }) => character).join(''),
    confidence: inked.length === 0 ? 0 : sum / inked.length,
    characters,
  };
}

async function recognisePiece(
  piece: Image,
  context: HandlerContext,
  { spaceProbabilityMin }: RecogniseOptions,
): Promise<ReadCharacter[]> {
  const outputs = await context.run('recogniser', [lineTensor(piece)]);
  const [softmax] = Object.values(outputs);
  if (!(softmax?.data instanceof Float32Array)) throw new Error('expected a float output of the recogniser');
  const labels = readLabels(context.file('labels'), softmax.shape.at(-1) ?? 0);
  return decodeGreedy(softmax.data, { labels, spaceProbabilityMin });
}
