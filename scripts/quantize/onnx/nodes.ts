import { type AttributeProto, attributeTypes, type NodeProto } from './onnx-messages.js';

/** Where quantized kernels live that ONNX does not name. */
export const microsoft = 'com.microsoft';

export function makeNode(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  { domain = '', attribute = [] }: { readonly domain?: string; readonly attribute?: readonly AttributeProto[] } = {},
): NodeProto {
  return { opType, input: [...input], output: [...output], attribute: [...attribute], ...(domain === '' ? {} : { domain }) }; // prettier-ignore
}

export const intAttribute = (name: string, i: number): AttributeProto => ({ name, type: attributeTypes.int, i });
export const floatAttribute = (name: string, f: number): AttributeProto => ({ name, type: attributeTypes.float, f });
export const intsAttribute = (name: string, ints: readonly number[]): AttributeProto => ({
  name,
  type: attributeTypes.ints,
  ints: [...ints],
});

export const attributeOf = ({ attribute }: NodeProto, name: string): AttributeProto | undefined =>
  attribute.find((one) => one.name === name);
export function intOf(node: NodeProto, name: string, or: number): number {
  const value = attributeOf(node, name)?.i;
  return value === undefined ? or : Number(value);
}
export function floatOf(node: NodeProto, name: string, or: number): number {
  return attributeOf(node, name)?.f ?? or;
}
export const intsOf = (node: NodeProto, name: string): number[] => (attributeOf(node, name)?.ints ?? []).map(Number);
export function textOf(node: NodeProto, name: string): string {
  return new TextDecoder().decode(attributeOf(node, name)?.s ?? new Uint8Array());
}
export const isOnnx = ({ domain }: NodeProto): boolean => domain === undefined || domain === '' || domain === 'ai.onnx';
