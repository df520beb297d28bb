import { describe, expect, it, vi } from 'vitest';
import { silentMsMax } from '../../../edge/gateway/origin-watch.js';
import { askOrigin } from '../../../edge/gateway/origin-client.js';
import type { OriginError } from '../../../edge/gateway/origin-error.js';
import type { Call } from '../../../shared/serve/call.js';
import { Deadline } from '../../../shared/time/deadline.js';

const digest = 'd'.repeat(64);
const ref = { version: 'v1', digest };
const call: Call = {
  kind: 'infer', model: 'm', version: undefined, parameters: {}, accept: 'application/json', deadlineGiven: true,
  body: { contentType: 'application/octet-stream', inferenceHeaderLength: '7', bytes: Uint8Array.of(1, 2, 3) },
  deadline: new Deadline({ now: () => 0 }, 5_000), requestId: 'req-1', traceparent: 'trace-1', key: 'somebody',
  forcedTier: undefined, noFallback: false,
  priority: 0, pin: undefined, seenEpoch: 0,
}; // prettier-ignore

function ask(answer: () => Response | Promise<Response>, budgetMs = 2_000, changed: Partial<Call> = {}) {
  const seen: Request[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    seen.push(request);
    return answer();
  };
  const deadline = new Deadline({ now: () => 0 }, budgetMs);
  const url = new URL('https://origin.example/base');
  return { seen, result: askOrigin({ url, key: 'the-key', fetch }, { ...call, ...changed }, ref, 9, deadline) };
}

const good = (headers: Record<string, string> = {}): Response =>
  new Response(Uint8Array.of(9, 9), {
    headers: { 'content-type': 'application/octet-stream', 'x-brink-digest': digest, 'x-brink-epoch': '11', 'inference-header-content-length': '1', ...headers },
  }); // prettier-ignore
const refused = (status: number, code: string): Response => Response.json({ error: 'said so', code }, { status });
const failure = (result: Promise<unknown>): Promise<OriginError> => result.then(() => Promise.reject(new Error('it answered')), (error: unknown) => error as OriginError); // prettier-ignore

describe('asking the origin', () => {
  it('passes the body on as it came, pinned, with key, trace and the time that is left', async () => {
    const { seen, result } = ask(good);
    await result;
    const [request] = seen;
    expect(request?.url).toBe('https://origin.example/base/v2/models/m/infer');
    expect(new Uint8Array(await request!.arrayBuffer())).toEqual(call.body.bytes);
    expect(Object.fromEntries(request!.headers)).toMatchObject({
      authorization: 'Bearer the-key',
      'content-type': 'application/octet-stream',
      'inference-header-content-length': '7',
      'x-brink-pin': `v1@${digest}`,
      'x-brink-timeout-ms': '2000',
      'x-brink-epoch': '9',
      'x-request-id': 'req-1',
      traceparent: 'trace-1',
    });
    // The caller's own headers stay with the edge: they decide nothing at the origin.
    expect(request!.headers.get('x-brink-key')).toBeNull();
  });

  it('sends predict with its query', async () => {
    const { seen, result } = ask(good, 2_000, { kind: 'predict', parameters: { detail: 'a b&c' } });
    await result;
    expect(seen[0]?.url).toBe('https://origin.example/base/v1/models/m/predict?detail=a+b%26c');
  });

  it('gives the answer and the newest epoch that the origin has seen', async () => {
    const answer = await ask(good).result;
    expect(answer).toEqual({
      body: { contentType: 'application/octet-stream', inferenceHeaderLength: 1, bytes: Uint8Array.of(9, 9) },
      epoch: 11,
    });
  });

  it.each([
    ['an answer of another version', () => good({ 'x-brink-digest': 'e'.repeat(64) }), 'origin-failed', true],
    ["the caller's own fault", () => refused(400, 'wrong-shape'), 'wrong-shape', true],
    ['a key that is refused', () => refused(401, 'unauthenticated'), 'origin-failed', true],
    ['a pin that does not fit', () => refused(409, 'pin-mismatch'), 'lease-expired', true],
    ['a version that was withdrawn meanwhile', () => refused(404, 'version-fenced'), 'lease-expired', true],
    ['a version that it never heard of', () => refused(404, 'unknown-version'), 'lease-expired', true],
    ['the deadline, passed there', () => refused(504, 'deadline-exceeded'), 'deadline-exceeded', undefined],
    ['a full queue', () => refused(503, 'queue-full'), 'origin-failed', undefined],
    [
      'a proxy in between that says so in HTML',
      () => new Response('<html>', { status: 400, headers: { 'content-type': 'text/html' } }),
      'origin-failed',
      true,
    ],
    ['an error that is not ours', () => refused(500, 'something-else'), 'origin-failed', false],
    ['no connection', () => Promise.reject(new TypeError('ECONNREFUSED 10.0.0.1')), 'origin-unreachable', false],
    ['an answer that is too large', () => good({ 'content-length': String(65 * 1024 * 1024) }), 'origin-failed', false],
  ])('turns %s into a failure that says how the origin is', async (_, answer, code, healthy) => {
    const error = await failure(ask(answer).result);
    expect([error.code, error.originIsHealthy]).toEqual([code, healthy]);
    expect(error.message).not.toMatch(/10\.0\.0\.1/);
  });

  it('keeps how long to wait', async () => {
    const answer = () =>
      Response.json({ error: 'x', code: 'queue-full' }, { status: 503, headers: { 'retry-after': '7' } });
    expect((await failure(ask(answer).result)).retryAfterMs).toBe(7_000);
  });

  it('waits no longer than the deadline, which says nothing of the origin', async () => {
    const never = (): Promise<Response> => new Promise(() => undefined);
    const late = await failure(ask(never, 20).result);
    expect([late.code, late.originIsHealthy]).toEqual(['deadline-exceeded', undefined]);
  });

  it('leaves an origin that has stopped, long before the deadline', async () => {
    vi.useFakeTimers();
    try {
      const hung = ask(() => new Promise(() => undefined), 60_000);
      const error = failure(hung.result);
      await vi.advanceTimersByTimeAsync(silentMsMax + 10_000);
      expect([(await error).code, (await error).originIsHealthy]).toEqual(['origin-unreachable', false]);
      expect(hung.seen.filter(({ url }) => url.endsWith('/base/v2/health/live'))).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it('waits for one that is only slow', async () => {
    vi.useFakeTimers();
    try {
      const seen: string[] = [];
      const fetch = async ({ url }: Request): Promise<Response> => {
        seen.push(url);
        if (url.endsWith('live')) return new Response('{}');
        await new Promise((resolve) => setTimeout(resolve, 6_000));
        return good();
      };
      const address = { url: new URL('https://origin.example/'), key: undefined, fetch };
      const answer = askOrigin(address, call, ref, 9, new Deadline({ now: () => 0 }, 60_000));
      await vi.advanceTimersByTimeAsync(20_000);
      expect((await answer).epoch).toBe(11);
      expect(seen.length).toBeGreaterThan(3);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
