import type { Shapes } from '../measure/measured.js';

/** `34.2 MiB`. */
export const mibText = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;

/** `12.3 ms`. */
export const msText = (ms: number): string => `${ms < 10 ? ms.toFixed(2) : ms.toFixed(1)} ms`;

/** `x [1, 3, 48, 320], sr []`. */
export const shapesText = (shapes: Shapes): string =>
  Object.entries(shapes)
    .map(([name, shape]) => `${name} [${shape.join(', ')}]`)
    .join(', ');
