import { goldensMax } from '../../../shared/manifest/manifest.js';
import { parseJsonBody } from '../../../shared/protocol/json-body.js';
import { decodeJsonRequest } from '../../../shared/protocol/json-request.js';
import { defaultLimits, type Limits } from '../../../shared/protocol/limits.js';
import type { Signature } from '../../../shared/protocol/tensor.js';
import { badExamples, type Example } from './example.js';
import { exampleLimits } from './example-limits.js';
import { splitJsonArray } from './split-json.js';

const limits: Limits = { ...defaultLimits, bodyBytesMax: exampleLimits.fileBytes };

/** Whether a file is a V2 infer request, or several; false too for what is no JSON. */
export function isInferJson(bytes: Uint8Array): boolean {
  try {
    const { value } = parseJsonBody(bytes, limits);
    const requests: readonly unknown[] = Array.isArray(value) ? value : [value];
    return requests.every((one) => Array.isArray((one as { inputs?: unknown } | null)?.inputs));
  } catch {
    return false;
  }
}

/** The inputs of a V2 infer request, or of an array of them. Throws BrinkError for what is none. */
export function readJsonExamples(from: string, bytes: Uint8Array, signature: Signature): Example[] {
  const { text } = parseJsonBody(bytes, limits);
  const requests = splitJsonArray(text);
  if (requests === undefined) return [{ from, inputs: decodeJsonRequest(bytes, signature, limits).inputs }];
  if (requests.length === 0 || requests.length > goldensMax) {
    throw badExamples(`expected an array of 1 to ${goldensMax} infer requests, got ${requests.length}`);
  }
  return requests.map((request, at) => {
    const { inputs } = decodeJsonRequest(new TextEncoder().encode(request), signature, limits);
    return { from: `${from}, request ${at + 1}`, inputs };
  });
}
