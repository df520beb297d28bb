import { cropImage } from '../../shared/media/crop.js';
import { badImage, type Image } from '../../shared/media/image-limits.js';
import { findInk } from './ink.js';
import { scaledWidthPx, squareWidthPx } from './line-tensor.js';

/** The widest piece that is read at once, at the recogniser's height: it bounds the memory of a run. */
export const pieceWidthPxMax = 1600;
/** A line is read in at most so many pieces. */
export const piecesMax = 16;
/** A blank this wide, as a share of the height, parts two words. */
const wordGapShare = 0.15;

export interface LinePiece {
  readonly image: Image;
  /** What stands between this piece and the one before. */
  readonly joint: '' | ' ';
}

/**
 * Cuts a line that is too wide to be read at once, where the blank is widest. Throws `bad-image` when it is so wide
 * that it cannot be a line of text.
 */
export function splitLine(line: Image): LinePiece[] {
  if (scaledWidthPx(line) <= pieceWidthPxMax) return [{ image: line, joint: '' }];
  const ratioMax = Math.floor((pieceWidthPxMax * piecesMax) / 2 / squareWidthPx); // cuts may halve the pieces
  if (line.width > ratioMax * line.height) {
    throw badImage(`expected a line at most ${ratioMax} times as wide as high, got ${line.width}×${line.height}`);
  }
  const inked = inkedColumns(line);
  const widest = Math.floor((line.width * pieceWidthPxMax) / scaledWidthPx(line));
  const pieces: LinePiece[] = [];
  let start = 0;
  let joint: LinePiece['joint'] = '';
  while (start < line.width) {
    const cut = line.width - start <= widest ? { at: line.width, blank: 0 } : cutWithin(inked, start, widest);
    pieces.push({ image: cropImage(line, start, 0, cut.at - start, line.height), joint });
    joint = cut.blank >= wordGapShare * line.height ? ' ' : '';
    start = cut.at;
  }
  return pieces;
}

/** 1 for each column with ink in it. */
function inkedColumns(line: Image): Uint8Array {
  const columns = new Uint8Array(line.width);
  const ink = findInk(line);
  if (ink === undefined) return columns;
  for (let at = ink.mask.indexOf(1); at !== -1; at = ink.mask.indexOf(1, at + 1)) columns[at % line.width] = 1;
  return columns;
}

/** The middle of the widest blank in the second half of the window; its end when there is no blank. */
function cutWithin(inked: Uint8Array, start: number, widest: number): { at: number; blank: number } {
  let best = { at: start + widest, blank: 0 };
  let blank = 0;
  for (let x = start + Math.ceil(widest / 2); x < start + widest; x++) {
    blank = inked[x] === 0 ? blank + 1 : 0;
    if (blank > best.blank) best = { at: Math.max(start + 1, x - (blank >> 1)), blank };
  }
  return best;
}
