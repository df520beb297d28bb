import type { GraphScope } from '../graph/graph-scope.js';
import { floatOf, isOnnx } from '../onnx/nodes.js';
import type { NodeProto } from '../onnx/onnx-messages.js';

/** Undefined: not known before the graph runs. */
export interface ClipBounds {
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** The bounds of a Clip: attributes before opset 11, inputs since, either of which may be left out. */
export function clipBounds(scope: GraphScope, clip: NodeProto): ClipBounds {
  if (!isOnnx(clip)) return { min: undefined, max: undefined };
  if (clip.input.length === 1) return { min: floatOf(clip, 'min', -Infinity), max: floatOf(clip, 'max', Infinity) };
  const bound = (name: string | undefined, none: number): number | undefined =>
    (name ?? '') === '' ? none : scope.scalar(name);
  return { min: bound(clip.input[1], -Infinity), max: bound(clip.input[2], Infinity) };
}
