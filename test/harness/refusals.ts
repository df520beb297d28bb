import { expect } from 'vitest';
import { type ErrorCode, isErrorCode, statusOfCode } from '../../shared/errors/error-codes.js';
import type { WireReply } from './http-client.js';

/** What a caller must never see: paths, files of our sources, stacks, onnxruntime's own words. */
const internal = [
  /\/(home|usr|tmp|work|root|app|opt|var|etc)\//,
  /\.(ts|js|mjs|cc|cpp|h)\b:?\d*/,
  /\n\s*at /,
  /\bat [\w.<>[\] ]+ \(/,
  /node:|file:\/\//,
  /onnx|\bORT\b|OrtRun|ERROR_CODE|non-zero status|std::|bad_alloc|wasm/i,
  /TypeError|RangeError|SyntaxError|\[object|(?<!received )undefined/,
];

const messageLengthMax = 500;

export interface ErrorBody {
  readonly error: string;
  readonly code: ErrorCode;
}

/** The body of a refusal; throws unless it is JSON with a known code, the status of that code, and nothing internal. */
export function presentable(reply: WireReply): ErrorBody {
  const text = reply.bytes.toString();
  const body = JSON.parse(text) as Partial<ErrorBody>;
  const { error, code } = body;
  const fault =
    Object.keys(body).sort().join() !== 'code,error'
      ? 'other members than error and code'
      : typeof error !== 'string' || error.length === 0 || error.length > messageLengthMax
        ? 'no short message'
        : !isErrorCode(code) || statusOfCode[code] !== reply.status
          ? 'a code that does not go with the status'
          : internal.some((pattern) => pattern.test(error))
            ? 'something internal'
            : undefined;
  if (fault !== undefined) throw new Error(`${fault} in the refusal ${reply.status} ${text.slice(0, 1_000)}`);
  return body as ErrorBody;
}

/** The refusal that is expected, to the letter: its status, its code, what it says; and that it is presentable. */
export function expectRefusal(reply: WireReply, code: ErrorCode, says: RegExp): void {
  const said = `${reply.status} ${reply.bytes.toString().slice(0, 600)}`;
  expect(reply.headers['content-type'], said).toBe('application/json');
  const body = presentable(reply);
  expect([reply.status, body.code], said).toEqual([statusOfCode[code], code]);
  expect(body.error, said).toMatch(says);
  expect(reply.headers['x-request-id'], said).toMatch(/^[\x21-\x7e]{1,128}$/);
}
