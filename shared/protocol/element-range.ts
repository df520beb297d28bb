import type { Datatype } from './datatype.js';
import { halfOverflow } from './fp16.js';

/** Least and greatest integer of each datatype whose elements fit a double exactly. */
export const integerRanges = {
  UINT8: [0, 0xff],
  UINT16: [0, 0xffff],
  UINT32: [0, 0xffffffff],
  INT8: [-0x80, 0x7f],
  INT16: [-0x8000, 0x7fff],
  INT32: [-0x80000000, 0x7fffffff],
} as const satisfies Partial<Record<Datatype, readonly [number, number]>>;

export const bigintRanges = {
  UINT64: [0n, 2n ** 64n - 1n],
  INT64: [-(2n ** 63n), 2n ** 63n - 1n],
} as const satisfies Partial<Record<Datatype, readonly [bigint, bigint]>>;

/** The smallest magnitude that rounds to infinity in each float datatype. */
export const floatOverflows = {
  FP16: halfOverflow,
  FP32: 2 ** 128 - 2 ** 103, // midpoint of the largest float and 2^128: ties go to the even neighbour, which is 2^128
  FP64: Infinity,
} as const satisfies Partial<Record<Datatype, number>>;
