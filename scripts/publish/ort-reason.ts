import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrinkError } from '../../shared/errors/brink-error.js';

/** What a graph is called in the folder where it is inspected. */
export const graphFile = 'graph.onnx';

const reasonLengthMax = 400;

/** Where in onnxruntime's sources: `/…/model.cc:177 void onnxruntime::Graph::Load(…) `, `utils.cc:66 CopyLittleEndian `. */
const sourcePlace =
  /\S*\w\.(?:cc|cpp|cu|h):(?:\d+|#) (?:(?:[\w:<>*&~]+ )*[\w:<>~]*::[\w~]+\([^()]*\)(?: const)? |\w+ )?/g;

/**
 * Why onnxruntime does not take a graph, for the graph's author: its own words, because they name the node that it
 * stumbled on, without where it was inspected and where in onnxruntime that is.
 */
export function ortReason(error: unknown, place: { readonly folder: string; readonly graph: string }): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof BrinkError && error.code === 'not-supported') return error.message; // ours, not onnxruntime's
  const text = typeof error.cause === 'string' ? inOwnWords(error.cause, place) : '';
  if (text === '') return error.message;
  // "Could not be loaded" is what the message around this says already.
  const known = error instanceof BrinkError && error.code === 'engine-failed';
  return (known ? text : `${error.message} (${text})`).slice(0, reasonLengthMax);
}

function inOwnWords(text: string, { folder, graph }: { folder: string; graph: string }): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(`Load model from ${join(folder, graphFile)} failed:`, '')
    .replaceAll(/ (?:resolved path|allowed directory): "[^"]*"/g, '')
    .replaceAll(sourcePlace, '')
    .replaceAll(join(folder, graphFile), graph)
    .replaceAll(join(folder, '/'), '')
    .replaceAll(folder, 'its folder')
    .replaceAll(join(tmpdir(), '/'), '')
    .trim();
}
