import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { processTree } from '../../scripts/bench/origin/processes/process-tree.js';
import { workModel } from '../harness/onnx.js';
import { FaultStack, soon, work } from './fault-stack.js';
import { type Outcome, tally } from './outcome.js';

const queueItemsMax = 4;
const settings = `
[defaults]
instances = 1
threads = 1
queueItemsMax = ${queueItemsMax}
`;
let origin: FaultStack;
let digest: string;
beforeAll(async () => {
  origin = await FaultStack.start({ settings });
  digest = await origin.release('work', workModel());
});
afterAll(() => origin.dispose());

const serverBytes = async (): Promise<number> => {
  const { pid } = origin.stack.origin;
  return (await processTree(pid)).find((one) => one.pid === pid)?.residentBytes ?? 0;
};
const endless = 10 ** 9;

/** So many at once over REST and gRPC while the queue is full. */
function burst(requests: number): Promise<Outcome[]> {
  return Promise.all(
    Array.from({ length: requests }, (_, index) =>
      index % 2 === 0 ? origin.infer('work', { inputs: work(1, 1) }) : origin.inferGrpc('work', { inputs: work(1, 1) }),
    ),
  );
}

describe('requests at a queue that is full', () => {
  it('are refused with when to come again, every one of them, and leave no memory behind', async () => {
    const runs = [origin.infer('work', { inputs: work(endless, 1), headers: { 'x-brink-timeout-ms': '120000' } })];
    await origin.waitFor('work', 0, 1);
    for (let count = 0; count < queueItemsMax; count += 1) {
      runs.push(origin.infer('work', { inputs: work(1, count), headers: { 'x-brink-timeout-ms': '120000' } }));
    }
    await origin.waitFor('work', queueItemsMax, 1);
    const outcomes = await burst(1_000); // what the server makes once for many callers at once
    const before = await serverBytes();
    const bursts = 8;
    for (let count = 0; count < bursts; count += 1) outcomes.push(...(await burst(1_000)));
    const after = await serverBytes();
    const half = ((bursts + 1) * 1_000) / 2;
    expect(tally(outcomes)).toEqual({ '503 queue-full': half, 'UNAVAILABLE queue-full': half });
    expect(outcomes.every(({ retryAfter }) => retryAfter)).toBe(true);
    expect(await origin.metric('brink_refusals_total', { model: 'work', reason: 'queue-full' })).toBe(outcomes.length);
    expect(after).toBeLessThan(before + 96 * 2 ** 20);
    // Whoever was let in is answered: the endless one, whose runner is killed twice, by a refusal.
    const truth = await origin.truth('work');
    expect(truth).toMatchObject({ ready: true, modelReady: true, runners: { busy: 1 } });
    const admitted = Promise.all(runs);
    const dead = new Set<number>();
    await vi.waitFor(async () => {
      const pid = origin.runnerOf(digest);
      if (!dead.has(pid) && dead.size < 2) {
        dead.add(pid);
        process.kill(pid, 'SIGKILL');
      }
      expect(await origin.metric('brink_in_flight', { model: 'work' })).toBe(0);
    }, soon);
    const [hopeless, ...patient] = await admitted;
    expect(hopeless?.text).toBe('503 runner-failed');
    expect(patient.map(({ values }) => values)).toEqual([[0], [2], [4], [6]]);
  });
});
