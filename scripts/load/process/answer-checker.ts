import { createHash } from 'node:crypto';
import { unpack } from 'msgpackr';
import { checkEveryDefault, type ContentCheck, type LoadBody } from '../load-plan.js';

/** Says which answers are compared in full, and compares them. */
export class AnswerChecker {
  readonly #every: number;
  readonly #answers = new Map<LoadBody, number>();

  constructor(checkEvery: number = checkEveryDefault) {
    this.#every = checkEvery;
  }

  /** Whether the next answer to this body is to be kept and compared: the first, and every so many after it. */
  wants(body: LoadBody): boolean {
    if (body.check?.content === undefined) return false;
    const answers = this.#answers.get(body) ?? 0;
    this.#answers.set(body, answers + 1);
    return answers % this.#every === 0;
  }

  /** What is wrong with an answer, or undefined. `kept` are its bytes if they were wanted. */
  faultOf({ check }: LoadBody, lengthBytes: number, kept: Uint8Array | undefined): string | undefined {
    if (check === undefined) return undefined;
    if (check.lengthBytes !== undefined && check.lengthBytes !== lengthBytes) return 'wrong length';
    if (check.content === undefined || kept === undefined) return undefined;
    return isAsWanted(check.content, kept) ? undefined : 'wrong content';
  }
}

function isAsWanted(check: ContentCheck, bytes: Uint8Array): boolean {
  switch (check.kind) {
    case 'sha256':
      return createHash('sha256').update(bytes).digest('hex') === check.hex;
    case 'fp32-tail':
      return near(floatsAt(bytes, bytes.byteLength - check.fromEndBytes), check.values, check.tolerance);
    case 'v2-output':
      return near(outputValues(bytes, check.format, check.output), check.values, check.tolerance);
  }
}

/** NaN is near nothing. Fewer values than are wanted are not near. */
function near(got: ArrayLike<number> | undefined, want: readonly number[], tolerance: number): boolean {
  if (got === undefined || got.length < want.length) return false;
  return want.every((value, at) => Math.abs((got[at] ?? NaN) - value) <= tolerance * Math.max(1, Math.abs(value)));
}

function floatsAt(bytes: Uint8Array, start: number): Float32Array | undefined {
  if (start < 0 || start > bytes.byteLength) return undefined;
  const own = Uint8Array.from(bytes.subarray(start)); // aligned
  return new Float32Array(own.buffer, 0, Math.floor(own.byteLength / 4));
}

function outputValues(bytes: Uint8Array, format: 'json' | 'msgpack', name: string): ArrayLike<number> | undefined {
  try {
    const text = format === 'json' ? new TextDecoder().decode(bytes) : undefined;
    const answer = (text === undefined ? unpack(bytes) : JSON.parse(text)) as { outputs?: unknown };
    if (!Array.isArray(answer.outputs)) return undefined;
    const output = (answer.outputs as { name?: unknown; data?: unknown }[]).find((one) => one.name === name);
    if (output?.data instanceof Uint8Array) return floatsAt(output.data, 0);
    return Array.isArray(output?.data) ? (output.data as unknown[]).flat(Infinity).map(Number) : undefined;
  } catch {
    return undefined;
  }
}
