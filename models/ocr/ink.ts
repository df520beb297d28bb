import type { Image } from '../../shared/media/image-limits.js';

/** Below this contrast (of 255) between paper and ink there is nothing to read. */
const contrastMin = 24;
/** A pixel is ink when it differs from the paper by this share of the contrast. */
const inkShare = 0.35;

/** Where the writing is, dark on light or light on dark. */
export interface Ink {
  readonly width: number;
  readonly height: number;
  /** 1 for every pixel of ink. */
  readonly mask: Uint8Array;
  readonly count: number;
}

/** The ink of an image of a line; undefined when the image is blank. */
export function findInk(image: Image): Ink | undefined {
  const { width, height } = image;
  const bright = brightnessOf(image);
  const paper = brightness(...paperColour(image));
  const contrast = contrastOf(bright, paper);
  if (contrast < contrastMin) return undefined;
  let count = 0;
  const mask = bright.map((value) => {
    if (Math.abs(value - paper) < contrast * inkShare) return 0;
    count++;
    return 1;
  });
  return { width, height, mask, count };
}

/** Brightness of every pixel. */
function brightnessOf({ width, height, data }: Image): Uint8Array {
  const bright = new Uint8Array(width * height);
  for (let i = 0, from = 0; i < bright.length; i++, from += 3) {
    bright[i] = brightness(data[from] ?? 0, data[from + 1] ?? 0, data[from + 2] ?? 0);
  }
  return bright;
}

/** The paper's colour: what the image's border mostly is, its median channel by channel. */
export function paperColour({ width, height, data }: Image): [number, number, number] {
  const median = (channel: number): number => {
    const border: number[] = [];
    const add = (x: number, y: number): number => border.push(data[(y * width + x) * 3 + channel] ?? 0);
    for (let x = 0; x < width; x++) {
      add(x, 0);
      add(x, height - 1);
    }
    for (let y = 0; y < height; y++) {
      add(0, y);
      add(width - 1, y);
    }
    border.sort((a, b) => a - b);
    return border[border.length >> 1] ?? 0;
  };
  return [median(0), median(1), median(2)];
}

/** Brightness of a colour, 0 to 255 (BT.601). */
const brightness = (red: number, green: number, blue: number): number =>
  Math.round(0.299 * red + 0.587 * green + 0.114 * blue);

/** The difference that all but one in a thousand pixels stay under: ink against paper, whatever the noise. */
function contrastOf(bright: Uint8Array, paper: number): number {
  const histogram = new Uint32Array(256);
  for (const value of bright) {
    const difference = Math.abs(value - paper);
    histogram[difference] = (histogram[difference] ?? 0) + 1;
  }
  let above = 0;
  for (let difference = 255; difference > 0; difference--) {
    above += histogram[difference] ?? 0;
    if (above * 1000 >= bright.length) return difference;
  }
  return 0;
}

/** The first and the last place that hold ink, the last exclusive. */
export interface InkBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export function inkBox({ mask, width }: Ink): InkBox {
  let [left, right] = [width, 0];
  for (let at = mask.indexOf(1); at !== -1; at = mask.indexOf(1, at + 1)) {
    const x = at % width;
    if (x < left) left = x;
    if (x >= right) right = x + 1;
  }
  const top = Math.floor(mask.indexOf(1) / width);
  return { left, right, top, bottom: Math.floor(mask.lastIndexOf(1) / width) + 1 };
}
