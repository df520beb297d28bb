import { PublishError } from '../publish-error.js';

/** A file that is not handed to onnxruntime. `expected` says what it should have been, and what came. */
export const refusedGraph = (expected: string): PublishError =>
  new PublishError('refused-graph', `expected ${expected}`);

/** A name of the file's own, for a message: short, on one line, and nothing that a terminal would obey. */
export function quotedName(name: string): string {
  const printable = name.replaceAll(/[^\x20-\x7e]/g, '?');
  return `"${printable.length > 64 ? `${printable.slice(0, 61)}...` : printable}"`;
}
