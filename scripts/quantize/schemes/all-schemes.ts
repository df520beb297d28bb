import { dynamicInt8 } from './dynamic/dynamic-int8.js';
import { staticInt8 } from './static/static-int8.js';
import type { Scheme, SchemeName } from './scheme.js';
import { fp16Weights } from './weights/fp16-weights.js';
import { int4Weights } from './weights/int4-weights.js';
import { int8Weights } from './weights/int8-weights.js';

export const schemes: Readonly<Record<Exclude<SchemeName, 'fp32'>, Scheme>> = {
  'fp16-weights': fp16Weights,
  'int8-weights': int8Weights,
  'int4-weights': int4Weights,
  'dynamic-int8': dynamicInt8,
  'static-int8': staticInt8,
};
