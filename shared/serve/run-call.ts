import type { Caller, Engine, Target } from '../engine/engine.js';
import { BrinkError } from '../errors/brink-error.js';
import { handlerKey, type HandlerRegistry } from '../handler/handler.js';
import type { InferRequest } from '../protocol/infer.js';
import type { Limits } from '../protocol/limits.js';
import { described, quoted, shapeText } from '../protocol/quote-text.js';
import { selectOutputs } from '../protocol/select-outputs.js';
import type { Signature, Tensor } from '../protocol/tensor.js';
import type { Deadline } from '../time/deadline.js';
import type { Call, EncodedBody } from './call.js';
import { type Classifications, classificationsOf, classified } from './classify.js';
import { restCodec } from './rest-codec.js';

/** What a tier runs calls with. */
export interface CallRunner {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly handlers: HandlerRegistry;
}

/** The lowest priority that a caller may ask for; 0 is the default and comes after all. */
export const priorityMax = 2 ** 31;

/** Decodes, runs on one engine, encodes. Throws the caller's faults before the engine is asked for anything. */
export async function runCall(call: Call, target: Target, runner: CallRunner): Promise<EncodedBody> {
  return call.kind === 'infer' ? runInfer(call, target, runner) : runPredict(call, target, runner);
}

/** The deadline of a call on this version: the caller's, else the version's own. */
export function deadlineOn(call: Call, target: Target): Deadline {
  return call.deadlineGiven ? call.deadline : call.deadline.atMost(target.manifest.deadlineMs);
}

async function runInfer(call: Call, target: Target, { engine, limits }: CallRunner): Promise<EncodedBody> {
  const signature = signatureOf(target);
  const codec = call.codec ?? restCodec(call);
  const request = codec.decode(signature, limits);
  checkBatch(request);
  const classes = classificationsOf(request, signature);
  const deadline = withTimeoutParameter(deadlineOn(call, target), request);
  const outputs = await engine.infer(target, request, deadline, callerOf(call, priorityOf(call, request)));
  const selected = selectOutputs(request, outputs);
  const response = {
    modelName: target.manifest.model,
    modelVersion: target.version,
    id: request.id,
    outputs: classes === undefined ? selected : selected.map((output) => asClasses(output, classes, signature)),
  };
  return codec.encode(response, request);
}

function asClasses(output: Tensor, classes: Classifications, signature: Signature): Tensor {
  const count = classes.get(output.name);
  return count === undefined ? output : classified(output, count, signature);
}

function callerOf({ signal, noteRun, lendOutputs }: Call, priority: number): Caller {
  return {
    priority,
    ...(signal === undefined ? {} : { signal }),
    ...(noteRun === undefined ? {} : { noteRun }),
    ...(lendOutputs === undefined ? {} : { lendOutputs }),
  };
}

/** The V2 parameter `priority` wins over what the call's protocol says beside the request. */
function priorityOf(call: Call, request: InferRequest): number {
  const priority = request.parameters['priority'];
  if (priority === undefined) return call.priority;
  if (typeof priority === 'number' && Number.isInteger(priority) && priority >= 0 && priority <= priorityMax) {
    return priority;
  }
  throw new BrinkError(
    'bad-parameter',
    `expected the parameter 'priority' to be a whole number from 0 to ${priorityMax}, got ${described(priority)}`,
  );
}

/**
 * An empty batch asks for nothing, and is not harmless: an LSTM of onnxruntime 1.29 aborts on one, which ends a runner
 * of the origin, and the wasm of an isolate for all its models. A vector may be empty, and so may any other axis.
 */
function checkBatch({ inputs }: InferRequest): void {
  const empty = inputs.find(({ shape }) => shape.length > 1 && shape[0] === 0);
  if (empty === undefined) return;
  throw new BrinkError(
    'wrong-shape',
    `expected a batch of at least 1 for input ${quoted(empty.name)}, got shape ${shapeText(empty.shape)}`,
  );
}

async function runPredict(call: Call, target: Target, { engine, handlers }: CallRunner): Promise<EncodedBody> {
  const { contentType, bytes } = call.body;
  const { handler } = target.manifest;
  if (handler === null) {
    throw new BrinkError('no-handler', `model '${call.model}' has no handler: send tensors to its V2 infer route`);
  }
  checkMediaType(contentType, handlers.get(handlerKey(handler))?.accepts);
  const input = { contentType, bytes, parameters: call.parameters };
  const answer = await engine.predict(target, input, deadlineOn(call, target), callerOf(call, call.priority));
  const json = new TextEncoder().encode(JSON.stringify(answer));
  return { contentType: 'application/json', inferenceHeaderLength: undefined, bytes: json };
}

/** No type, or plain bytes, leave it to the handler to look; a handler that is not here refuses by itself. */
function checkMediaType(contentType: string, accepts: readonly string[] | undefined): void {
  if (accepts === undefined || anyBytes.has(contentType) || accepts.includes(contentType)) return;
  const expected = accepts.join(', ');
  throw new BrinkError('unsupported-media-type', `expected content-type ${expected}, got ${quoted(contentType)}`);
}

const anyBytes: ReadonlySet<string> = new Set(['', 'application/octet-stream']);

/** What V2 `infer` takes and gives for this version. */
export function signatureOf({ manifest }: Target): Signature {
  const { inferGraph, graphs } = manifest;
  const graph = inferGraph !== null && Object.hasOwn(graphs, inferGraph) ? graphs[inferGraph] : undefined;
  if (graph === undefined) {
    throw new BrinkError('no-tensor-signature', `model '${manifest.model}' is reached through predict alone`);
  }
  return graph.signature;
}

/** The V2 parameter `timeout`, in microseconds, can only shorten the deadline. 0 means none. */
function withTimeoutParameter(deadline: Deadline, request: InferRequest): Deadline {
  const timeoutUs = request.parameters['timeout'];
  if (timeoutUs === undefined) return deadline;
  if (typeof timeoutUs !== 'number' || !Number.isSafeInteger(timeoutUs) || timeoutUs < 0) {
    throw new BrinkError('bad-parameter', "expected the parameter 'timeout' to be a whole number of microseconds");
  }
  // The clock has milliseconds: what is less than one of them is over already.
  return timeoutUs === 0 ? deadline : deadline.atMost(Math.floor(timeoutUs / 1_000));
}
