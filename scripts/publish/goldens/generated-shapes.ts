import type { Signature } from '../../../shared/protocol/tensor.js';

/** One way to give sizes to a signature's open axes. */
export interface OpenSizes {
  /** Of the first axis of each input, where it is open. */
  readonly rows: number;
  /** Whole shapes, by input. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly elements: number;
}

/** Sizes that graphs take: strides are powers of two, images are multiples of 32. */
const sizes = [1, 2, 3, 4, 8, 16, 32, 48, 64, 96, 128, 160, 224, 256, 320, 384, 512, 640];

/**
 * Sizes to try a graph's open axes with, the smallest first, without repetition. All open axes behind the first have the
 * same size (a signature does not say which belong together), those in front have 1, 2 or that size too. No axis is
 * above that of `largest`.
 */
export function openSizes(
  { inputs }: Signature,
  largest: Readonly<Record<string, readonly number[]>> = {},
): readonly OpenSizes[] {
  const ladder = new Map<string, OpenSizes>();
  for (const size of sizes) {
    for (const rows of new Set([1, 2, size])) {
      const shapes = Object.fromEntries(
        inputs.map(({ name, shape }) => {
          const bounds = Object.hasOwn(largest, name) ? largest[name] : undefined;
          const open = (axis: number): number => Math.min(axis === 0 ? rows : size, bounds?.[axis] ?? Infinity);
          return [name, shape.map((known, axis) => (known === -1 ? open(axis) : known))];
        }),
      );
      const elements = Object.values(shapes).reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
      const key = JSON.stringify(shapes);
      const first = inputs.find(({ shape }) => shape[0] === -1)?.name;
      const firstRows = (first === undefined ? undefined : shapes[first]?.[0]) ?? 1;
      if (!ladder.has(key)) ladder.set(key, { rows: firstRows, shapes, elements });
    }
  }
  return [...ladder.values()].sort((a, b) => a.elements - b.elements);
}
