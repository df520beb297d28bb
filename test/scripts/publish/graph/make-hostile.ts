import { createRequire } from 'node:module';
import type * as OnnxProto from 'onnx-proto';

export const { onnx } = createRequire(import.meta.url)('onnx-proto') as typeof OnnxProto;
export type Model = OnnxProto.onnx.IModelProto;
export type Tensor = OnnxProto.onnx.ITensorProto;
export type Node = OnnxProto.onnx.INodeProto;

/** A model that somebody has made to harm, or broken by accident. */
export interface HostileModel {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Files beside it, as the publisher declared them. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** What the gate says. Absent: the gate lets it pass, and loading it in a process of its own is what fails. */
  readonly refused?: RegExp;
}

export const encode = (model: Model): Uint8Array =>
  new Uint8Array(onnx.ModelProto.encode(onnx.ModelProto.create(model)).finish());

const floatType = { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }] } } };
export const value = (name: string) => ({ name, type: floatType });
export const identity: Node = { opType: 'Identity', input: ['x'], output: ['y'] };

export function model(more: { initializer?: Tensor[]; node?: Node[] } & Omit<Model, 'graph'> = {}): Uint8Array {
  const { initializer = [], node = [identity], ...rest } = more;
  return encode({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 15 }],
    graph: { name: 'g', node, initializer, input: [value('x')], output: [value('y')] },
    ...rest,
  });
}

/** A tensor of two floats that has no values yet. */
export const two = { name: 'w', dims: [2], dataType: 1 };
