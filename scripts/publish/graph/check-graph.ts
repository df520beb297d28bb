import { checkFunctions } from './check-functions.js';
import { checkTensor, type ExternalFiles } from './check-tensor.js';
import type { OnnxGraph, OnnxModel, OnnxNode } from './onnx-model.js';
import { readModel } from './read-model.js';

/**
 * The gate: a model file is somebody's code, and onnxruntime's reader is not made for enemies (it reads through hard
 * links, takes tensors with two contradicting values, and allocates what a shape says). What passes has tensors whose
 * values are all there, external data in the files that were named, operators of known domains, and a size within
 * bounds. It may still ask for more memory or time than there is: that is found out by running it, in a process that is
 * thrown away. Throws PublishError `refused-graph`.
 */
export function checkGraph(bytes: Uint8Array, files: ExternalFiles): OnnxModel {
  const model = readModel(bytes);
  checkTensorsOf(model.graph, files);
  for (const { defaults, nodes } of model.functions) checkTensorsIn([{ attributes: defaults }, ...nodes], files);
  checkFunctions(model);
  return model;
}

function checkTensorsOf({ initializers, nodes }: OnnxGraph, files: ExternalFiles): void {
  for (const tensor of initializers) checkTensor(tensor, files);
  checkTensorsIn(nodes, files);
}

function checkTensorsIn(nodes: readonly Pick<OnnxNode, 'attributes'>[], files: ExternalFiles): void {
  for (const { attributes } of nodes) {
    for (const { tensors, graphs } of attributes) {
      for (const tensor of tensors) checkTensor(tensor, files);
      for (const graph of graphs) checkTensorsOf(graph, files);
    }
  }
}
