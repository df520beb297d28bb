import type { Tolerance } from './tolerance.js';

/** `0.001 absolute or 0.001 relative, cosine 0.99, top-1 0.98`, for people. */
export function toleranceText({ absolute, relative, cosine, top1 }: Tolerance): string {
  const near = [
    ...(absolute === undefined ? [] : [`${absolute} absolute`]),
    ...(relative === undefined ? [] : [`${relative} relative`]),
  ].join(' or ');
  const whole = [
    ...(cosine === undefined ? [] : [`cosine ${cosine}`]),
    ...(top1 === undefined ? [] : [`top-1 ${top1}`]),
  ];
  return [...(near === '' ? [] : [near]), ...whole].join(', ');
}
