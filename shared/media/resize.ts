import type { Image } from './image-limits.js';

interface Taps {
  readonly first: Uint32Array;
  readonly second: Uint32Array;
  /** Weight of the second; the first has the rest. */
  readonly weight: Float32Array;
}

/** For each target position the two source positions it lies between, by pixel centres and clamped at the border. */
function tapsOf(source: number, target: number): Taps {
  const first = new Uint32Array(target);
  const second = new Uint32Array(target);
  const weight = new Float32Array(target);
  for (let i = 0; i < target; i++) {
    const at = Math.min(Math.max(((i + 0.5) * source) / target - 0.5, 0), source - 1);
    first[i] = Math.floor(at);
    second[i] = Math.min(Math.floor(at) + 1, source - 1);
    weight[i] = at - Math.floor(at);
  }
  return { first, second, weight };
}

/**
 * Bilinear, two taps a direction whatever the scale: what OpenCV calls INTER_LINEAR and what the models were trained
 * on, to within its rounding.
 */
export function resizeBilinear(image: Image, width: number, height: number): Image {
  if (image.width === width && image.height === height) return image;
  const across = tapsOf(image.width, width);
  const down = tapsOf(image.height, height);
  const source = image.data;
  const at = (index: number): number => source[index] ?? 0;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    const upper = (down.first[y] ?? 0) * image.width;
    const lower = (down.second[y] ?? 0) * image.width;
    const below = down.weight[y] ?? 0;
    for (let x = 0; x < width; x++) {
      const left = across.first[x] ?? 0;
      const right = across.second[x] ?? 0;
      const beside = across.weight[x] ?? 0;
      for (let c = 0; c < 3; c++, to++) {
        const top = at((upper + left) * 3 + c) * (1 - beside) + at((upper + right) * 3 + c) * beside;
        const bottom = at((lower + left) * 3 + c) * (1 - beside) + at((lower + right) * 3 + c) * beside;
        data[to] = Math.round(top * (1 - below) + bottom * below);
      }
    }
  }
  return { width, height, data };
}
