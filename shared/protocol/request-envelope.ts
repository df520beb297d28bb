import { BrinkError } from '../errors/brink-error.js';
import type { InputHead } from './array-data.js';
import type { Parameters, RequestedOutput } from './infer.js';
import { inputHeadOf } from './input-head.js';
import type { Limits } from './limits.js';
import { type ExactNumber, parametersOf } from './parameters.js';
import { described, listed, quoted } from './quote-text.js';
import { type UntypedRecord, listOf, recordOf, textOf } from './record.js';
import type { Signature } from './tensor.js';
import { hasLoneSurrogate } from './utf8.js';

/** An input whose head has been checked and whose data have not been read. */
export interface PendingInput {
  readonly head: InputHead;
  /** Its place in `inputs`. */
  readonly position: number;
  readonly data: unknown;
  /** The parameter `binary_data_size`. */
  readonly binarySize: number | undefined;
}

/** A request as every format has it: all but the data, checked against the signature. */
export interface RequestEnvelope {
  readonly id: string | undefined;
  readonly parameters: Parameters;
  readonly inputs: readonly PendingInput[];
  readonly outputs: readonly RequestedOutput[] | undefined;
}

export interface EnvelopeContext {
  readonly signature: Signature;
  readonly limits: Limits;
  readonly bodyBytes: number;
  /** For the parameter `key` of the object at `path`, where the parser may have lost digits. */
  readonly exactNumber?: (path: readonly (string | number)[]) => number | bigint;
}

export function envelopeOf(root: unknown, context: EnvelopeContext): RequestEnvelope {
  const body = recordOf(root, 'the request');
  const id = idOf(body['id'], context.limits);
  const parameters = parametersAt(body, 'the request', [], context);
  const inputs = inputsOf(body['inputs'], context);
  return { id, parameters, inputs, outputs: outputsOf(body['outputs'], context) };
}

function idOf(value: unknown, limits: Limits): string | undefined {
  if (value === undefined || value === null) return undefined;
  const id = textOf(value, 'the id of the request');
  if (id.length > limits.idLengthMax || hasLoneSurrogate(id)) {
    throw new BrinkError(
      'invalid-request',
      `expected an id of at most ${limits.idLengthMax} characters of Unicode text, got ${id.length}`,
    );
  }
  return id;
}

function inputsOf(value: unknown, context: EnvelopeContext): readonly PendingInput[] {
  const { signature, limits } = context;
  const list = listOf(value ?? [], 'inputs', limits.tensorsMax);
  const seen = new Set<string>();
  const inputs = list.map((item, position) => {
    const input = recordOf(item, `input ${position}`);
    const head = inputHeadOf(input, signature, context.bodyBytes, limits);
    checkUnique(seen, head.name, 'input');
    const parameters = parametersAt(input, `input ${quoted(head.name)}`, ['inputs', position], context);
    return { head, position, data: input['data'] ?? undefined, binarySize: binarySizeOf(parameters, head) };
  });
  const missing = signature.inputs.filter(({ name }) => !seen.has(name));
  if (missing.length === 0) return inputs;
  throw new BrinkError(
    'missing-input',
    `expected every input of the model, ${signature.inputs.length} in all, got ${inputs.length}: missing ${listed(missing.map(({ name }) => name))}`,
  );
}

function outputsOf(value: unknown, context: EnvelopeContext): readonly RequestedOutput[] | undefined {
  if (value === undefined || value === null) return undefined;
  const list = listOf(value, 'outputs', context.limits.tensorsMax);
  if (list.length === 0) return undefined;
  const seen = new Set<string>();
  const known = context.signature.outputs.map(({ name }) => name);
  return list.map((item, position) => {
    const output = recordOf(item, `output ${position}`);
    const name = textOf(output['name'], 'the name of an output');
    if (!known.includes(name)) {
      throw new BrinkError('unknown-output', `expected outputs ${listed(known)}, got one called ${quoted(name)}`);
    }
    checkUnique(seen, name, 'output');
    return { name, parameters: parametersAt(output, `output ${quoted(name)}`, ['outputs', position], context) };
  });
}

function checkUnique(seen: Set<string>, name: string, what: string): void {
  if (seen.has(name)) throw new BrinkError('duplicate-name', `expected each ${what} once, got ${quoted(name)} twice`);
  seen.add(name);
}

function parametersAt(
  owner: UntypedRecord,
  what: string,
  path: readonly (string | number)[],
  { limits, exactNumber }: EnvelopeContext,
): Parameters {
  const exact: ExactNumber | undefined = exactNumber && ((key) => exactNumber([...path, 'parameters', key]));
  return parametersOf(owner['parameters'], what, limits, exact);
}

function binarySizeOf(parameters: Parameters, head: InputHead): number | undefined {
  const size = parameters['binary_data_size'];
  if (size === undefined) return undefined;
  if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return size;
  throw new BrinkError(
    'bad-parameter',
    `expected binary_data_size of input ${quoted(head.name)} to be a non-negative integer, got ${described(size)}`,
  );
}
