import type { Scheme } from '../scheme.js';
import { dynamicConv } from './dynamic-conv.js';
import { dynamicLstm } from './dynamic-lstm.js';
import { dynamicMatMul } from './dynamic-mat-mul.js';

/**
 * Integer arithmetic with a range for the input that is found in each run: activations uint8, weights symmetric with a
 * scale for each channel. Those of matrices and LSTMs are int8: on x86 without VNNI native kernels sum pairs of uint8 · int8
 * in 16 bits and may saturate; WebAssembly's do not. Those of convolutions are stored as uint8 and saturate nowhere.
 */
export const dynamicInt8: Scheme = (model, operator, context) => {
  switch (operator.kind) {
    case 'MatMul':
    case 'Gemm':
    case 'FusedMatMul':
    case 'FusedGemm':
      return dynamicMatMul(model, operator, context);
    case 'Conv':
    case 'FusedConv':
      return dynamicConv(model, operator, context);
    case 'LSTM':
      return dynamicLstm(model, operator, context);
    default:
      return `there is no integer ${operator.kind} whose range is found in each run`;
  }
};
