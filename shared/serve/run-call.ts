import type { Engine, Target } from '../engine/engine.js';
import { BrinkError } from '../errors/brink-error.js';
import { chooseResponseFormat, decodeInferRequest, encodeInferResponse } from '../protocol/codec.js';
import type { InferRequest } from '../protocol/infer.js';
import { selectOutputs } from '../protocol/select-outputs.js';
import type { Limits } from '../protocol/limits.js';
import type { Signature } from '../protocol/tensor.js';
import type { Deadline } from '../time/deadline.js';
import type { Call, EncodedBody } from './call.js';

/** Decodes, runs on one engine, encodes. Throws the caller's faults before the engine is asked for anything. */
export async function runCall(call: Call, target: Target, engine: Engine, limits: Limits): Promise<EncodedBody> {
  return call.kind === 'infer' ? runInfer(call, target, engine, limits) : runPredict(call, target, engine);
}

/** The deadline of a call on this version: the caller's, else the version's own. */
export function deadlineOn(call: Call, target: Target): Deadline {
  return call.deadlineGiven ? call.deadline : call.deadline.atMost(target.manifest.deadlineMs);
}

async function runInfer(call: Call, target: Target, engine: Engine, limits: Limits): Promise<EncodedBody> {
  const signature = signatureOf(target);
  const request = decodeInferRequest(call.body, signature, limits);
  const choice = chooseResponseFormat(call.body, call.accept, request);
  const deadline = withTimeoutParameter(deadlineOn(call, target), request);
  const outputs = await engine.infer(target, request, deadline);
  const response = {
    modelName: target.manifest.model,
    modelVersion: target.version,
    id: request.id,
    outputs: selectOutputs(request, outputs),
  };
  return encodeInferResponse(response, choice);
}

async function runPredict(call: Call, target: Target, engine: Engine): Promise<EncodedBody> {
  const { contentType, bytes } = call.body;
  if (target.manifest.handler === null) {
    throw new BrinkError('no-handler', `model '${call.model}' has no handler: send tensors to its V2 infer route`);
  }
  const input = { contentType, bytes, parameters: call.parameters };
  const answer = await engine.predict(target, input, deadlineOn(call, target));
  const json = new TextEncoder().encode(JSON.stringify(answer));
  return { contentType: 'application/json', inferenceHeaderLength: undefined, bytes: json };
}

/** What V2 `infer` takes and gives for this version. */
export function signatureOf({ manifest }: Target): Signature {
  const graph = manifest.inferGraph === null ? undefined : manifest.graphs[manifest.inferGraph];
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
  return timeoutUs === 0 ? deadline : deadline.atMost(timeoutUs / 1_000);
}
