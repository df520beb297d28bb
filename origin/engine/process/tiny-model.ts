/**
 * The smallest graph that makes a provider work: y = x · x for a 2 × 2 matrix of FP32, one MatMul, IR version 8, opset
 * 15, as protobuf (onnx.proto3). A multiplication loads the libraries that a GPU's provider needs (cuBLAS, say), which
 * the creation of an empty session would not.
 */
export const tinyModel: Uint8Array = Buffer.from(
  'CAg6QAoRCgF4CgF4EgF5IgZNYXRNdWwSAWdaEwoBeBIOCgwIARIICgIIAgoCCAJiEwoBeRIOCgwIARIICgIIAgoCCAJCBAoAEA8=',
  'base64',
);

export const tinyInput = { name: 'x', datatype: 'FP32', shape: [2, 2], parts: [Float32Array.of(1, 2, 3, 4)] } as const;
export const tinyOutput: readonly number[] = [7, 10, 15, 22];
