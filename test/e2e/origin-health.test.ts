import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doubleModel, slowModel } from '../harness/onnx.js';
import { ask, type Reply, Stack } from '../harness/stack.js';

const placement = { tiers: ['origin' as const] };
let stack: Stack;
let heavy: string;
let slow: string;

beforeAll(async () => {
  stack = await Stack.start();
  heavy = await stack.releaseTest('heavy', doubleModel(), 'v1', { placement });
  slow = await stack.releaseTest('slow', slowModel(), 'v1', { placement, deadlineMs: 60_000 });
});
afterAll(() => stack.dispose());

const infer = (model: string, body: object, headers: Record<string, string> = {}): Promise<Reply> =>
  ask(`${stack.edge.url}/v2/models/${model}/infer`, {
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
const four = { name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] };
const double = (extra: object = {}): Promise<Reply> => infer('heavy', { inputs: [four], ...extra });
const steps = (count: number): object => ({
  inputs: [{ name: 'steps', datatype: 'INT64', shape: [1], data: [count] }],
});
const patience = { timeout: 30_000, interval: 100 };

describe('the origin as the edge sees it', () => {
  it('is not taken from everybody by callers in a hurry', async () => {
    await expect.poll(async () => (await double()).status, patience).toBe(200);
    for (let caller = 0; caller < 12; caller += 1) {
      const hurried = await double({ parameters: { timeout: 1 } });
      expect([hurried.status, hurried.code]).toEqual([504, 'deadline-exceeded']);
    }
    const next = await double();
    expect([next.status, next.servedBy, next.digest]).toEqual([200, 'origin', heavy]);
  });

  it('may take long over a heavy run', async () => {
    await expect.poll(async () => (await infer('slow', steps(1))).status, patience).toBe(200);
    const startedAt = performance.now();
    await infer('slow', steps(500));
    const fiveSeconds = Math.ceil((500 * 5_000) / (performance.now() - startedAt)); // steps
    const long = await infer('slow', steps(fiveSeconds), { 'x-brink-timeout-ms': '60000' });
    expect([long.status, long.servedBy, long.digest]).toEqual([200, 'origin', slow]);
  });

  it('is left, long before the deadline, when it hangs, and found again when it goes on', async () => {
    await stack.killOrigin('SIGSTOP');
    try {
      const stuck = await infer('heavy', { inputs: [four] }, { 'x-brink-timeout-ms': '60000' });
      expect([stuck.status, stuck.code]).toEqual([503, 'no-tier-available']);
      expect(stuck.json()['error']).toMatch(/origin \(origin-unreachable\)/);
    } finally {
      await stack.killOrigin('SIGCONT');
    }
    await expect.poll(async () => (await double()).status, patience).toBe(200);
  });

  it('is asked for nothing by names that were never published, and they leave nothing behind', async () => {
    const objects = async (): Promise<number> =>
      (await readdir(join(stack.stateDir, 'objects'), { recursive: true })).length;
    const before = await objects();
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, index) => ask(`${stack.edge.url}/v2/models/never-${index}/ready`)),
    );
    for (const reply of replies) expect([reply.status, reply.code]).toEqual([404, 'unknown-model']);
    expect(await objects()).toBe(before);
  });
});

describe('rolling back a model of the origin, under load through the edge', () => {
  it('fails no request and lets nothing of the withdrawn version out afterwards, five times over', async () => {
    for (let round = 1; round <= 5; round += 1) {
      const next = await stack.publishTest('heavy', doubleModel(2 + round), `w${round}`, { placement });
      const seen: { reply: Reply; endedAt: number }[] = [];
      let stopped = false;
      const lane = async (): Promise<void> => {
        while (!stopped) {
          const reply = await double();
          seen.push({ reply, endedAt: performance.now() });
        }
      };
      const lanes = Array.from({ length: 4 }, lane);
      await stack.admin.promote('heavy', `w${round}`, { why: 'test' });
      await expect.poll(() => seen.some(({ reply }) => reply.digest === next), patience).toBe(true);
      await stack.admin.rollback('heavy', { why: 'test' });
      const returnedAt = performance.now();
      await expect.poll(() => seen.filter(({ endedAt }) => endedAt > returnedAt).length > 20, patience).toBe(true);
      stopped = true;
      await Promise.all(lanes);
      const failed = seen.filter(({ reply }) => reply.status !== 200).map(({ reply }) => reply.json());
      expect(failed).toEqual([]);
      expect(seen.filter(({ reply, endedAt }) => reply.digest === next && endedAt > returnedAt)).toEqual([]);
      expect(seen.at(-1)?.reply.digest).toBe(heavy);
    }
  });
});
