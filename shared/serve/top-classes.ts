import type { FixedArray } from '../protocol/datatype.js';

export type Elements = FixedArray;

/**
 * The places of the highest `count` of the `length` elements that begin at `from`, the highest first, ties by place, NaN
 * last. A heap of `count` places, so that no output of whatever size is sorted whole.
 */
export function topClasses(elements: Elements, from: number, length: number, count: number): number[] {
  const size = Math.min(count, length);
  const goesAfter = (a: number, b: number): boolean => ranksBelow(elements[from + a], elements[from + b], a > b);
  const heap: number[] = []; // the lowest of the kept ones on top
  for (let at = 0; at < length; at += 1) {
    if (heap.length < size) {
      heap.push(at);
      siftUp(heap, goesAfter);
    } else if (goesAfter(heap[0] ?? 0, at)) {
      heap[0] = at;
      siftDown(heap, goesAfter);
    }
  }
  return heap.sort((a, b) => (goesAfter(a, b) ? 1 : -1));
}

type Element = number | bigint | undefined;

function ranksBelow(a: Element = 0, b: Element = 0, otherwise: boolean): boolean {
  if (a < b) return true;
  if (a > b) return false;
  const [aIsNan, bIsNan] = [Number.isNaN(a), Number.isNaN(b)];
  return aIsNan === bIsNan ? otherwise : aIsNan;
}

function siftUp(heap: number[], goesAfter: (a: number, b: number) => boolean): void {
  let at = heap.length - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!swapIf(heap, at, parent, goesAfter)) return;
    at = parent;
  }
}

function siftDown(heap: number[], goesAfter: (a: number, b: number) => boolean): void {
  for (let at = 0; ;) {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    if (left >= heap.length) return;
    const lower = right < heap.length && goesAfter(heap[right] ?? 0, heap[left] ?? 0) ? right : left;
    if (!swapIf(heap, lower, at, goesAfter)) return;
    at = lower;
  }
}

/** Puts what ranks lower above. */
function swapIf(heap: number[], below: number, above: number, goesAfter: (a: number, b: number) => boolean): boolean {
  const [lower = 0, upper = 0] = [heap[below], heap[above]];
  if (!goesAfter(lower, upper)) return false;
  heap[below] = upper;
  heap[above] = lower;
  return true;
}
