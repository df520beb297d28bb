import type { Content } from '../../publish/content/content.js';
import { InMemory } from '../../publish/content/in-memory.js';
import type { GraphBytes } from '../../publish/throw-away-runner.js';
import { decodeModel, encodeModel, valueName } from '../onnx/onnx-codec.js';
import type { ModelProto, TensorProto } from '../onnx/onnx-messages.js';
import { microsoft } from '../onnx/nodes.js';
import { rawBytesOf } from '../onnx/tensor-values.js';
import { type FreshNames, GraphScope } from './graph-scope.js';
import { liftConstants } from './lift-constants.js';

/** Tensors from this size on lie beside the graph; smaller ones are cheaper inside. */
const besideBytesMin = 1024;
const alignmentBytes = 64;
const external = 1;

/** A model that passes change. Its weights are in memory, wherever they lay. */
export class EditableModel {
  readonly proto: ModelProto;
  readonly main: GraphScope;
  readonly #file: string;

  private constructor(proto: ModelProto, file: string) {
    this.proto = proto;
    this.#file = file;
    this.main = new GraphScope(proto.graph, new Names(proto));
  }

  /** A graph that has passed the gate, with its weights read. */
  static async open({ file, model, externalData }: GraphBytes): Promise<EditableModel> {
    const opened = new EditableModel(decodeModel(model), file);
    for (const { proto } of opened.main.all) {
      for (const tensor of proto.initializer) await takeIn(tensor, externalData);
      for (const { attribute } of proto.node) for (const { t } of attribute) if (t) await takeIn(t, externalData);
    }
    opened.main.all.forEach(liftConstants);
    return opened;
  }

  /** Of the operator sets of ONNX itself. */
  get opset(): number {
    const found = this.proto.opsetImport.find(({ domain }) => domain === undefined || domain === '' || domain === 'ai.onnx'); // prettier-ignore
    return Number(found?.version ?? 1);
  }

  /** Whoever adds a node of com.microsoft says so. */
  useMicrosoft(): void {
    if (this.proto.opsetImport.some(({ domain }) => domain === microsoft)) return;
    this.proto.opsetImport.push({ domain: microsoft, version: 1 });
  }

  /** The model as bytes, its larger weights in `weightsFile` beside it where that is given. Ends the editing. */
  finish(weightsFile: string | null): GraphBytes {
    this.main.dropUnused();
    const pieces: Uint8Array[] = [];
    let at = 0;
    // Within branches weights stay inside: onnxruntime-web does not look for them elsewhere.
    for (const tensor of weightsFile === null ? [] : this.proto.graph.initializer) {
      const rawData = rawBytesOf(tensor);
      if (rawData === undefined || rawData.byteLength < besideBytesMin) continue;
      const padding = (alignmentBytes - (at % alignmentBytes)) % alignmentBytes;
      pieces.push(new Uint8Array(padding), rawData);
      const [offset, length] = [at + padding, rawData.byteLength];
      tensor.externalData = Object.entries({ location: weightsFile ?? '', offset, length }).map(([key, value]) => ({ key, value: String(value) })); // prettier-ignore
      tensor.dataLocation = external;
      delete tensor.rawData;
      at = offset + length;
    }
    const weights: [string, Content][] = pieces.length === 0 || weightsFile === null ? [] : [[weightsFile, new InMemory(Buffer.concat(pieces))]]; // prettier-ignore
    return { file: this.#file, model: encodeModel(this.proto), externalData: Object.fromEntries(weights) };
  }
}

/** Reads what lies in a file beside the graph; the gate has checked that it is there. */
async function takeIn(tensor: TensorProto, files: Readonly<Record<string, Content>>): Promise<void> {
  if (tensor.dataLocation !== external) return;
  const entry = (key: string): string | undefined => tensor.externalData?.find((one) => one.key === key)?.value;
  const location = entry('location') ?? '';
  const content = Object.hasOwn(files, location) ? files[location] : undefined;
  if (content === undefined) throw new Error(`the weights of ${tensor.name ?? ''} were not read`);
  const offset = Number(entry('offset') ?? 0);
  tensor.rawData = await content.read(offset, Number(entry('length') ?? content.byteLength - offset));
  delete tensor.dataLocation;
  tensor.externalData = [];
}

class Names implements FreshNames {
  readonly #taken = new Set<string>();

  constructor({ graph }: ModelProto) {
    const add = ({ node, initializer, input }: ModelProto['graph']): void => {
      for (const value of input) this.#taken.add(valueName(value));
      for (const { name } of initializer) this.#taken.add(name ?? '');
      for (const { output, attribute } of node) {
        for (const name of output) this.#taken.add(name);
        for (const { g, graphs } of attribute) for (const inner of [...(g ? [g] : []), ...(graphs ?? [])]) add(inner);
      }
    };
    add(graph);
  }

  fresh(stem: string): string {
    let name = stem;
    for (let number = 2; this.#taken.has(name); number += 1) name = `${stem}_${number}`;
    this.#taken.add(name);
    return name;
  }
}
