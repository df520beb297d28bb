import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doubleModel, slowModel } from '../harness/onnx.js';
import { CarelessOrigin } from '../harness/careless-origin.js';
import { sabotagedWorker } from '../harness/sabotage.js';
import { adminToken, ask, originKey, type Reply, Stack } from '../harness/stack.js';
import { renderLine } from '../render/text-line.js';

interface Seen {
  readonly status: number;
  readonly version: string | null;
  readonly digest: string | null;
  readonly servedBy: string | null;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Requests one after the other until stopped, several at a time, each remembered. */
class Loop {
  readonly seen: Seen[] = [];
  #stopped = false;
  readonly #done: Promise<unknown>;

  constructor(lanes: number, request: () => Promise<Reply>) {
    const lane = async (): Promise<void> => {
      while (!this.#stopped) {
        const startedAt = performance.now();
        const { status, version, digest, servedBy } = await request();
        this.seen.push({ status, version, digest, servedBy, startedAt, endedAt: performance.now() });
      }
    };
    this.#done = Promise.all(Array.from({ length: lanes }, lane));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async until(condition: (seen: readonly Seen[]) => boolean): Promise<void> {
    await expect.poll(() => condition(this.seen), { timeout: 30_000, interval: 50 }).toBe(true);
  }
}

describe('replacing ocr-line under load', () => {
  let stack: Stack;
  let v1: { version: string; digest: string };
  let v2: { version: string; digest: string };

  beforeAll(async () => {
    stack = await Stack.start();
    v1 = await stack.release('models/ocr-line');
    v2 = await stack.publishVariant('models/ocr-line', 'v2', { minConfidence: 0.01 });
  });
  afterAll(() => stack.dispose());

  it('promotes and rolls back without a failed request, and lets nothing of the withdrawn version out afterwards', async () => {
    const body = renderLine(1).png;
    const predict = (path = '/v1/models/ocr-line/predict'): Promise<Reply> =>
      ask(`${stack.edge.url}${path}`, { body, headers: { 'content-type': 'image/png' } });
    const loop = new Loop(3, predict);
    await loop.until((seen) => seen.some((one) => one.servedBy === 'edge'));
    expect((await predict(`/v1/models/ocr-line/versions/v2/predict`)).digest).toBe(v2.digest);

    await stack.admin.promote('ocr-line', 'v2', { why: 'reads better' });
    await loop.until((seen) => seen.some((one) => one.version === 'v2' && one.servedBy === 'edge'));
    const rolledBack = await stack.admin.rollback('ocr-line', { why: 'reads worse' });
    const returnedAt = performance.now();
    await loop.until((seen) => seen.filter((one) => one.startedAt > returnedAt).length > 20);
    await loop.stop();

    expect(loop.seen.filter((one) => one.status !== 200)).toEqual([]);
    expect(loop.seen.filter((one) => one.digest === v2.digest && one.endedAt > returnedAt)).toEqual([]);
    for (const one of loop.seen) expect(one.digest).toBe(one.version === 'v1' ? v1.digest : v2.digest);
    expect(rolledBack).toMatchObject({ withdrawn: v2, reach: 'all' });
    expect(rolledBack.waitedMs).toBeGreaterThanOrEqual(2_250);

    const fenced = await predict('/v1/models/ocr-line/versions/v2/predict');
    expect([fenced.status, fenced.code]).toEqual([404, 'version-fenced']);
    const direct = await ask(`${stack.originUrl}/v1/models/ocr-line/versions/v2/predict`, {
      body,
      headers: { 'content-type': 'image/png', authorization: `Bearer ${originKey}` },
    });
    expect([direct.status, direct.code]).toEqual([404, 'version-fenced']);
  });

  it('lists in the audit who changed what, and why', async () => {
    const rows = await stack.admin.audit('ocr-line', 10);
    expect(rows.map(({ action, who, why, from, to }) => ({ action, who, why, from, to }))).toEqual([
      {
        action: 'fence-held',
        who: 'control-plane',
        why: expect.stringContaining('2000 ms of lease') as string,
        from: 'v2',
        to: 'v1',
      },
      { action: 'rollback', who: 'admin (tester@test)', why: 'reads worse', from: 'v2', to: 'v1' },
      { action: 'promote', who: 'admin (tester@test)', why: 'reads better', from: 'v1', to: 'v2' },
      { action: 'publish', who: 'admin (tester@test)', why: 'test', from: null, to: 'v2' },
      { action: 'promote', who: 'admin (tester@test)', why: 'test', from: null, to: 'v1' },
      { action: 'publish', who: 'admin (tester@test)', why: 'test', from: null, to: 'v1' },
    ]);
    for (const [index, row] of rows.entries()) {
      expect(row.at).toBeGreaterThan(Date.now() - 600_000);
      expect(row.epoch).toBeGreaterThanOrEqual(rows[index + 1]?.epoch ?? 0);
    }
  });
});

describe('a run that began before a rollback and ends after it', () => {
  it('is thrown away by the origin and made again on the version that is served', async () => {
    const stack = await Stack.start();
    try {
      const placement = { tiers: ['origin' as const] };
      const first = await stack.releaseTest('slow', slowModel(), 'v1', { placement });
      const second = await stack.releaseTest('slow', slowModel(), 'v2', { placement, deadlineMs: 60_000 });
      // About 1 ms a step natively: 6 s, longer than the fence takes.
      const run = (steps: number): Promise<Reply> =>
        ask(`${stack.originUrl}/v2/models/slow/infer`, {
          body: JSON.stringify({ inputs: [{ name: 'steps', datatype: 'INT64', shape: [1], data: [steps] }] }),
          headers: {
            'content-type': 'application/json',
            authorization: `Bearer ${originKey}`,
            'x-brink-timeout-ms': '60000',
          },
        });
      await expect.poll(async () => (await run(1)).digest, { timeout: 10_000 }).toBe(second);
      // Long runs get more threads once they are known to be long; what is measured before is of another runner.
      for (let again = 0; again < 3; again++) await run(500);
      const calibratedAt = performance.now();
      await run(500);
      const steps = Math.ceil((500 * 6_000) / (performance.now() - calibratedAt));
      const long = run(steps).then((reply) => ({ reply, endedAt: performance.now() }));
      await stack.admin.rollback('slow', { why: 'test' });
      const returnedAt = performance.now();
      const { reply, endedAt } = await long;
      expect(endedAt).toBeGreaterThan(returnedAt);
      expect([reply.status, reply.version, reply.digest, reply.servedBy]).toEqual([200, 'v1', first, 'origin']);
    } finally {
      await stack.dispose();
    }
  });

  // The origin here checks nothing and is slow for v2: what holds its answer back is the edge's own commit check.
  const answerAfterRollback = async (bundle?: string): Promise<{ reply: Reply; late: boolean }> => {
    const origin = await CarelessOrigin.start((version) => (version === 'v2' ? 4_000 : 0));
    const vars = { ORIGIN_URL: origin.url };
    const stack = await Stack.start({ withoutOrigin: true, vars, ...(bundle === undefined ? {} : { bundle }) });
    try {
      const placement = { tiers: ['origin' as const] };
      await stack.releaseTest('careless', doubleModel(), 'v1', { placement });
      await stack.publishTest('careless', doubleModel(3), 'v2', { placement });
      await stack.admin.promote('careless', 'v2', { why: 'test' });
      const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] });
      const infer = (version: string): Promise<Reply> =>
        ask(`${stack.edge.url}/v2/models/careless${version}/infer`, {
          body,
          headers: { 'content-type': 'application/json' },
        });
      await expect.poll(async () => (await infer('/versions/v1')).version).toBe('v1');
      const long = infer('').then((reply) => ({ reply, endedAt: performance.now() }));
      await stack.admin.rollback('careless', { why: 'test' });
      const returnedAt = performance.now();
      const { reply, endedAt } = await long;
      return { reply, late: endedAt > returnedAt };
    } finally {
      await stack.dispose();
      await origin.close();
    }
  };

  it('is thrown away by the edge, whatever the origin says', async () => {
    const { reply, late } = await answerAfterRollback();
    expect([reply.status, reply.version, reply.servedBy, late]).toEqual([200, 'v1', 'origin', true]);
  });

  it('gets out, and the check above sees it, when the edge does not check the lease at the commit', async () => {
    const bundle = await sabotagedWorker({
      file: 'shared/release/leases.ts',
      find: 'permits(model: string, digest: string): boolean {',
      replace: 'permits(model: string, digest: string): boolean { return true;',
    });
    const { reply, late } = await answerAfterRollback(bundle);
    await rm(bundle, { recursive: true, force: true });
    expect([reply.status, reply.version, late]).toEqual([200, 'v2', true]);
  });
});

describe('a version whose handler is not deployed', () => {
  it('is published but not promoted, and the refusal names tier and handler', async () => {
    const stack = await Stack.start();
    try {
      const handler = { name: 'from-the-future', version: 7 };
      for (const tier of ['edge', 'origin'] as const) {
        await stack.publishTest(`new-${tier}`, doubleModel(), 'v1', { handler, placement: { tiers: [tier] } });
        const promoted = stack.admin.promote(`new-${tier}`, 'v1', { why: 'test' });
        await expect(promoted).rejects.toMatchObject({
          code: 'handler-not-deployed',
          status: 409,
          message: expect.stringMatching(`expected the ${tier} to have the handler from-the-future@7`) as string,
        });
      }
    } finally {
      await stack.dispose();
    }
  });
});

describe('the admin plane', () => {
  it('refuses whoever has no admin token, before anything is read', async () => {
    const stack = await Stack.start({ withoutOrigin: true });
    try {
      const paths = [
        '/admin/v1/models',
        '/admin/v1/models/x/audit',
        '/artifacts/v1/models',
        `/artifacts/v1/blobs/${'0'.repeat(64)}`,
      ];
      for (const path of paths) {
        for (const headers of [
          {},
          { authorization: 'Bearer wrong-token-0123456789' },
          { authorization: `Basic ${adminToken}` },
        ]) {
          const reply = await ask(`${stack.edge.url}${path}`, { headers: headers });
          expect([reply.status, reply.code, reply.headers.get('www-authenticate')]).toEqual([
            401,
            'unauthenticated',
            'Bearer',
          ]);
        }
      }
    } finally {
      await stack.dispose();
    }
  });
});
