import type { GraphProto, NodeProto, TensorProto } from '../onnx/onnx-messages.js';
import { valueName } from '../onnx/onnx-codec.js';
import { type FloatValues, floatValues, type RawArray, rawTensor } from '../onnx/tensor-values.js';

/** Names that no value of a model has yet. */
export interface FreshNames {
  fresh(stem: string): string;
}

/**
 * One graph (the model's own, or a branch of an `If`, or the body of a `Loop`), as passes change it. Nodes stay in
 * topological order: what replaces a node stands in its place.
 */
export class GraphScope {
  readonly proto: GraphProto;
  readonly #parent: GraphScope | undefined;
  readonly #names: FreshNames;
  readonly #children: GraphScope[] = [];

  constructor(proto: GraphProto, names: FreshNames, parent?: GraphScope) {
    this.proto = proto;
    this.#names = names;
    this.#parent = parent;
    for (const { attribute } of proto.node) {
      for (const { g, graphs } of attribute) {
        const inner = [...(g === undefined || g === null ? [] : [g]), ...(graphs ?? [])];
        this.#children.push(...inner.map((graph) => new GraphScope(graph, names, this)));
      }
    }
  }

  /** This one, then those within it. */
  get all(): readonly GraphScope[] {
    return [this, ...this.#children.flatMap(({ all }) => all)];
  }

  get nodes(): readonly NodeProto[] {
    return this.proto.node;
  }

  get isNested(): boolean {
    return this.#parent !== undefined;
  }

  fresh(stem: string): string {
    return this.#names.fresh(stem);
  }

  /** The initializer that a node of this graph means by `name`: of this graph, else of those around it. */
  initializer(name: string): TensorProto | undefined {
    const own = this.proto.initializer.find((tensor) => tensor.name === name);
    return own ?? (this.#makes(name) ? undefined : this.#parent?.initializer(name));
  }

  /** The same as floats; undefined where it is no constant or no float. */
  floats(name: string | undefined): FloatValues | undefined {
    const tensor = name === undefined || name === '' ? undefined : this.initializer(name);
    return tensor === undefined ? undefined : floatValues(tensor);
  }

  /** The value of a constant of one float. */
  scalar(name: string | undefined): number | undefined {
    const values = this.floats(name);
    return values?.data.length === 1 ? values.data[0] : undefined;
  }

  /** Adds an initializer under a name of its own. */
  addInitializer(stem: string, dims: readonly number[], dataType: number, data: RawArray): string {
    const name = this.fresh(stem);
    this.setInitializer(name, dims, dataType, data);
    return name;
  }

  /** Adds one under a name that nothing has any more: that of a node's output which has been taken away. */
  setInitializer(name: string, dims: readonly number[], dataType: number, data: RawArray): void {
    this.proto.initializer.push(rawTensor(name, dims, dataType, data));
  }

  producerOf(name: string): NodeProto | undefined {
    return this.proto.node.find(({ output }) => output.includes(name));
  }

  consumersOf(name: string): NodeProto[] {
    return this.proto.node.filter(({ input }) => input.includes(name));
  }

  /** The only node that takes a value, as one input; undefined where others do, inner graphs, or whoever runs the graph. */
  onlyConsumer(name: string): NodeProto | undefined {
    const consumers = this.consumersOf(name);
    const [only] = consumers;
    if (only === undefined || consumers.length > 1 || only.input.filter((input) => input === name).length > 1) return undefined; // prettier-ignore
    return this.isOutput(name) || this.#children.some((child) => child.#takes(name)) ? undefined : only;
  }

  /** Whether any node takes it, here or within, or the graph answers with it. */
  isUsed(name: string): boolean {
    return this.#takes(name);
  }

  isOutput(name: string): boolean {
    return this.proto.output.some((output) => valueName(output) === name);
  }

  /** Puts nodes in the place of one. */
  replace(node: NodeProto, by: readonly NodeProto[]): void {
    const at = this.proto.node.indexOf(node);
    if (at === -1) throw new Error(`the graph has no such node (${node.opType})`);
    this.proto.node.splice(at, 1, ...by);
  }

  /** Takes a node away whose only output nobody needs any more, or that others make now. */
  remove(node: NodeProto): void {
    this.replace(node, []);
  }

  /** Initializers that nothing takes, here or within. */
  dropUnused(): void {
    for (const child of this.#children) child.dropUnused();
    const used = new Set(this.proto.output.map(valueName));
    for (const { input } of this.all.flatMap(({ nodes }) => nodes)) for (const name of input) used.add(name);
    for (const child of this.all) for (const output of child.proto.output) used.add(valueName(output));
    this.proto.initializer = this.proto.initializer.filter(({ name }) => used.has(name ?? ''));
  }

  #makes(name: string): boolean {
    return this.proto.node.some(({ output }) => output.includes(name)) || this.proto.input.some((input) => valueName(input) === name); // prettier-ignore
  }

  #takes(name: string): boolean {
    return this.isOutput(name) || this.consumersOf(name).length > 0 || this.#children.some((child) => child.#takes(name)); // prettier-ignore
  }
}
