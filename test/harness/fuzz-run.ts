import type { ErrorCode } from '../../shared/errors/error-codes.js';
import type { HttpClient, WireReply, WireRequest } from './http-client.js';
import { presentable } from './refusals.js';

/** What a run of mutated requests came to. */
export interface Tally {
  readonly requests: number;
  readonly seconds: number;
  readonly ok: number;
  /** How often each code was answered. */
  readonly codes: ReadonlyMap<ErrorCode, number>;
  /** What each request came to, in their order: its code, or `ok`. */
  readonly outcomes: readonly (ErrorCode | 'ok')[];
}

export interface FuzzOptions {
  readonly client: HttpClient;
  readonly tier: 'edge' | 'origin';
  readonly requests: number;
  readonly next: () => WireRequest;
  /** The digest that an answer to this path must carry. */
  readonly digestOf: (path: string) => string | undefined;
}

/** How many requests are under way at a time: some must wait for others, as in earnest. */
const lanes = 6;
/** No request may take longer, however busy the machine is. */
const hangMs = 20_000;
const findingsMax = 5;

/**
 * Sends mutated requests and looks at every answer. Throws with what was sent and what came for the first few answers
 * that are neither a good 200 nor a presentable 4xx.
 */
export async function fuzzRun(options: FuzzOptions): Promise<Tally> {
  const { requests, next } = options;
  const startedAt = performance.now();
  const outcomes: (ErrorCode | 'ok')[] = [];
  const findings: string[] = [];
  let sent = 0;
  const lane = async (): Promise<void> => {
    while (sent < requests && findings.length < findingsMax) {
      const at = sent++;
      const request = next();
      try {
        outcomes[at] = look(await options.client.send(request, hangMs), request, options);
      } catch (error) {
        findings.push(`${String(error)}\nafter ${describeRequest(request)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (findings.length > 0) throw new Error(`${options.tier}: ${findings.join('\n\n')}`);
  const codes = new Map<ErrorCode, number>();
  for (const outcome of outcomes) if (outcome !== 'ok') codes.set(outcome, (codes.get(outcome) ?? 0) + 1);
  const ok = outcomes.filter((outcome) => outcome === 'ok').length;
  return { requests, ok, codes, outcomes, seconds: Math.round((performance.now() - startedAt) / 100) / 10 };
}

/** Throws for anything that a caller should never get. */
function look(reply: WireReply, request: WireRequest, { tier, digestOf }: FuzzOptions): ErrorCode | 'ok' {
  const header = (name: string): string => String(reply.headers[name]);
  if (!/^[\x21-\x7e]{1,128}$/.test(header('x-request-id'))) throw new Error(`x-request-id ${header('x-request-id')}`);
  if (!/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(header('traceparent'))) {
    throw new Error(`traceparent ${header('traceparent')}`);
  }
  if (reply.status !== 200) {
    const { code } = presentable(reply);
    if (reply.status >= 500) throw new Error(`${reply.status} ${reply.bytes.toString().slice(0, 500)}`);
    return code;
  }
  const came = [header('x-brink-served-by'), header('x-brink-digest')];
  const expected = [tier, String(digestOf(request.path))];
  if (came.join() !== expected.join()) throw new Error(`expected an answer by ${expected.join()}, got ${came.join()}`);
  if (header('content-type') === 'application/json') readJson(reply);
  return 'ok';
}

/** JSON alone, or the JSON that stands before binary tensors. */
function readJson(reply: WireReply): void {
  JSON.parse(reply.bytes.toString());
}

export function describeRequest({ method, path, headers, body }: WireRequest): string {
  const bytes = body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(String(body));
  const shown = bytes.length <= 4_096 ? bytes.toString('base64') : `${bytes.subarray(0, 4_096).toString('base64')}…`;
  return `${method ?? 'POST'} ${path} ${JSON.stringify(headers)} with ${bytes.length} bytes, in base64 ${shown}`;
}
