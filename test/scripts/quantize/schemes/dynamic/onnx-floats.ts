import type { float } from '../../../../harness/onnx.js';

const floatsType = 6;

/** An attribute of several floats. */
export const onnxFloats = (name: string, floats: readonly number[]): ReturnType<typeof float> => ({
  name,
  type: floatsType,
  floats: [...floats],
});
