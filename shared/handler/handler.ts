import type { z } from 'zod';
import type { Tensor } from '../protocol/tensor.js';

export type Json = z.infer<ReturnType<typeof z.json>>;

/** What a caller of `predict` sent. */
export interface HandlerInput {
  /** Media type without parameters, lower case. */
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** The query string. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** All that a handler may touch: it knows nothing of HTTP, onnxruntime or Workers. */
export interface HandlerContext {
  /** Runs a named graph of the version. Inputs and outputs by tensor name. Throws what the run throws. */
  run(graph: string, inputs: readonly Tensor[]): Promise<Readonly<Record<string, Tensor>>>;
  /** A file of the version (labels, say). */
  file(name: string): Uint8Array;
  /** The version's settings, as published. */
  readonly settings: Readonly<Record<string, Json>>;
  /** Throws `deadline-exceeded` or `shutting-down`: call it in long loops. */
  checkpoint(): void;
}

/**
 * Pre- and post-processing of a model. Pure TypeScript: runs in workerd and in Node. Append-only: a change in behaviour
 * is a new version beside the old one in `models/registry.ts`, so that rolling a model back rolls its handler back.
 */
export interface Handler {
  readonly name: string;
  readonly version: number;
  /** Media types that `predict` takes, for the 415 and the API description. */
  readonly accepts: readonly string[];
  /** Throws BrinkError for the caller's faults (`bad-image`, `bad-audio`, `bad-input`, …). */
  predict(input: HandlerInput, context: HandlerContext): Promise<Json>;
}

export type HandlerRegistry = ReadonlyMap<string, Handler>;

export const handlerKey = (handler: { name: string; version: number }): string => `${handler.name}@${handler.version}`;

export function handlerRegistry(handlers: readonly Handler[]): HandlerRegistry {
  const registry = new Map(handlers.map((handler) => [handlerKey(handler), handler]));
  if (registry.size !== handlers.length) throw new Error('two handlers of the same name and version are registered');
  return registry;
}
