import protobuf from 'protobufjs';
import type { ModelProto } from './onnx-messages.js';

type Fields = Readonly<Record<string, readonly [id: number, type: string, options?: 'repeated' | 'packed']>>;

const message = (fields: Fields): protobuf.IType => ({
  fields: Object.fromEntries(
    Object.entries(fields).map(([name, [id, type, rule]]) => [
      name,
      { id, type, ...(rule === undefined ? {} : { rule: 'repeated', options: { packed: rule === 'packed' } }) },
    ]),
  ),
});

/**
 * onnx.proto of IR version 10 (onnx/onnx, Apache-2.0: its field numbers). A message that no pass changes is declared as
 * `bytes`, which is the same on the wire: it stays as it came, whatever it holds.
 */
const root = protobuf.Root.fromJSON({
  nested: {
    Model: message({
      irVersion: [1, 'int64'], opsetImport: [8, 'OperatorSet', 'repeated'], producerName: [2, 'string'],
      producerVersion: [3, 'string'], domain: [4, 'string'], modelVersion: [5, 'int64'], docString: [6, 'string'],
      graph: [7, 'Graph'], metadataProps: [14, 'bytes', 'repeated'], trainingInfo: [20, 'bytes', 'repeated'],
      functions: [25, 'bytes', 'repeated'], configuration: [26, 'bytes', 'repeated'],
    }),
    OperatorSet: message({ domain: [1, 'string'], version: [2, 'int64'] }),
    Graph: message({
      node: [1, 'Node', 'repeated'], name: [2, 'string'], initializer: [5, 'Tensor', 'repeated'], docString: [10, 'string'],
      input: [11, 'bytes', 'repeated'], output: [12, 'bytes', 'repeated'], valueInfo: [13, 'bytes', 'repeated'],
      quantizationAnnotation: [14, 'bytes', 'repeated'], sparseInitializer: [15, 'bytes', 'repeated'],
      metadataProps: [16, 'bytes', 'repeated'],
    }),
    Node: message({
      input: [1, 'string', 'repeated'], output: [2, 'string', 'repeated'], name: [3, 'string'], opType: [4, 'string'],
      attribute: [5, 'Attribute', 'repeated'], docString: [6, 'string'], domain: [7, 'string'], overload: [8, 'string'],
      metadataProps: [9, 'bytes', 'repeated'], deviceConfigurations: [10, 'bytes', 'repeated'],
    }),
    Attribute: message({
      name: [1, 'string'], f: [2, 'float'], i: [3, 'int64'], s: [4, 'bytes'], t: [5, 'Tensor'], g: [6, 'Graph'],
      floats: [7, 'float', 'repeated'], ints: [8, 'int64', 'repeated'], strings: [9, 'bytes', 'repeated'],
      tensors: [10, 'Tensor', 'repeated'], graphs: [11, 'Graph', 'repeated'], docString: [13, 'string'], tp: [14, 'bytes'],
      typeProtos: [15, 'bytes', 'repeated'], type: [20, 'int32'], refAttrName: [21, 'string'], sparseTensor: [22, 'bytes'],
      sparseTensors: [23, 'bytes', 'repeated'],
    }),
    Tensor: message({
      dims: [1, 'int64', 'repeated'], dataType: [2, 'int32'], segment: [3, 'bytes'], floatData: [4, 'float', 'packed'],
      int32Data: [5, 'int32', 'packed'], stringData: [6, 'bytes', 'repeated'], int64Data: [7, 'int64', 'packed'],
      name: [8, 'string'], rawData: [9, 'bytes'], doubleData: [10, 'double', 'packed'], uint64Data: [11, 'uint64', 'packed'],
      docString: [12, 'string'], externalData: [13, 'Entry', 'repeated'], dataLocation: [14, 'int32'],
      metadataProps: [16, 'bytes', 'repeated'],
    }),
    Entry: message({ key: [1, 'string'], value: [2, 'string'] }),
  },
}); // prettier-ignore
const model = root.lookupType('Model');

/** The bytes of a `.onnx` file that has passed the gate (scripts/publish/graph) → its messages. */
export function decodeModel(bytes: Uint8Array): ModelProto {
  return model.decode(bytes) as unknown as ModelProto;
}

/** Fields are written in the order of their declaration, so the same messages give the same bytes. */
export function encodeModel(proto: ModelProto): Uint8Array {
  return model.encode(proto).finish();
}

/** The name in an encoded ValueInfoProto. */
export function valueName(valueInfo: Uint8Array): string {
  return (value.decode(valueInfo) as unknown as { readonly name: string }).name;
}
const value = protobuf.Root.fromJSON({ nested: { Value: message({ name: [1, 'string'] }) } }).lookupType('Value');
