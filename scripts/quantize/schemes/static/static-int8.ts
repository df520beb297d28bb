import type { Scheme } from '../scheme.js';
import { staticConv } from './static-conv.js';
import { staticMatMul } from './static-mat-mul.js';

/**
 * Integer arithmetic with ranges that were calibrated: activations uint8 with a scale for the whole tensor, weights
 * symmetric int8 with one for each channel. On x86 without VNNI native kernels may saturate where pairs are summed in 16
 * bits; WebAssembly's do not.
 */
export const staticInt8: Scheme = (model, operator, context) => {
  if (operator.scope.isNested) return 'it is within a branch, whose values are not seen in calibration';
  switch (operator.kind) {
    case 'Conv':
    case 'FusedConv':
      return staticConv(model, operator, context);
    case 'MatMul':
    case 'Gemm':
    case 'FusedMatMul':
    case 'FusedGemm':
      return staticMatMul(model, operator, context);
    default:
      return `there is no integer ${operator.kind} with calibrated ranges`;
  }
};
