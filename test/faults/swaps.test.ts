import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doubleModel } from '../harness/onnx.js';
import { ask } from '../harness/stack.js';
import { FaultStack, soon, vector } from './fault-stack.js';
import { Lanes } from './lanes.js';
import { outcomeOfAsk, type Outcome, tally } from './outcome.js';

let origin: FaultStack;
beforeAll(async () => {
  origin = await FaultStack.start({ originEnv: { ORIGIN_REPOSITORY_CONTROL: 'on' } });
});
afterAll(() => origin.dispose());

const inputs = vector(1, 1, 1, 1);
const throughEdge = async (model: string): Promise<Outcome> =>
  outcomeOfAsk(
    await ask(`${origin.stack.edge.url}/v2/models/${model}/infer`, {
      body: JSON.stringify({ inputs }),
      headers: { 'content-type': 'application/json' },
    }),
  );
const channels = (model: string): (() => Promise<Outcome>)[] => [
  () => throughEdge(model),
  () => origin.infer(model, { inputs }),
  () => origin.inferGrpc(model, { inputs }),
];
const oneProcess = async (): Promise<void> => {
  await expect.poll(async () => (await origin.runnerPids()).length, soon).toBe(1);
  await expect.poll(async () => (await origin.scratchDirs()).length, soon).toBe(1);
};

describe('20 swaps of a version under load', () => {
  it('fail no request on any channel, and leave one process and nothing on the disk', async () => {
    const swaps = 20;
    const factorOf = new Map([[await origin.release('swap', doubleModel(1)), 1]]);
    await oneProcess();
    const lanes = new Lanes(channels('swap'), 2);
    await lanes.served(10);
    const residentBefore = await origin.residentBytes();
    for (let swap = 1; swap <= swaps; swap += 1) {
      const version = `v${swap + 1}`;
      const digest = await origin.publish('swap', doubleModel(swap + 1), version);
      factorOf.set(digest, swap + 1);
      await origin.stack.admin.promote('swap', version, { why: 'test', bakeMs: 0 });
      await lanes.saw((outcome) => outcome.digest === digest);
    }
    const outcomes = await lanes.stop();
    expect(tally(outcomes)).toEqual({ ok: outcomes.length });
    // each answer is of the version that it names
    expect(outcomes.filter(({ digest, values }) => values[0] !== factorOf.get(digest ?? ''))).toEqual([]);
    expect(new Set(outcomes.map(({ digest }) => digest)).size).toBe(swaps + 1);
    await oneProcess();
    // what is left of 20 swaps is no more than one of the runners that came and went
    expect((await origin.residentBytes()) - residentBefore).toBeLessThan(100 * 2 ** 20);
    expect(await origin.truth('swap', `v${swaps + 1}`)).toEqual({
      ready: true,
      grpc: 'SERVING',
      modelReady: true,
      index: 'READY',
      runners: { ready: 1 },
    });
  });
});

describe('unloading and loading by the repository API, under load', () => {
  const operate = async (what: 'load' | 'unload'): Promise<number> =>
    (await origin.operate(`/v2/repository/models/repo/${what}`, 'POST')).status;

  it('loses no request: what is in flight is answered, and what comes until it is loaded again is told so', async () => {
    await origin.release('repo', doubleModel(2));
    const lanes = new Lanes(channels('repo'), 2);
    for (let round = 1; round <= 5; round += 1) {
      await lanes.served(10);
      expect([await operate('unload'), await operate('load')]).toEqual([200, 200]);
    }
    const outcomes = await lanes.stop();
    const counts = tally(outcomes);
    const refused = Object.keys(counts).filter((text) => text !== 'ok');
    expect(refused.filter((text) => !/ (unloaded|origin-failed|no-tier-available)$/.test(text))).toEqual([]);
    expect(counts['ok']).toBeGreaterThan(0);
    expect(outcomes.filter(({ text, values }) => text === 'ok' && values[0] !== 2)).toEqual([]);
  });

  it('says what is unloaded, until somebody loads it', async () => {
    expect(await operate('unload')).toBe(200);
    expect(await origin.truth('repo')).toMatchObject({ ready: true, modelReady: false, index: expect.stringMatching(/^UNAVAILABLE unloaded: /) as string, runners: {} }); // prettier-ignore
    expect((await origin.infer('repo', { inputs })).text).toBe('503 unloaded');
    expect(await operate('load')).toBe(200);
    expect(await origin.truth('repo')).toMatchObject({ modelReady: true, index: 'READY', runners: { ready: 1 } });
  });

  it('never loads what was withdrawn', async () => {
    const withdrawn = await origin.publish('repo', doubleModel(3), 'v2');
    await origin.stack.admin.promote('repo', 'v2', { why: 'test' });
    await expect.poll(async () => (await origin.infer('repo', { inputs })).digest, soon).toBe(withdrawn);
    await origin.stack.admin.rollback('repo', { why: 'test' });
    const starts = (): number => origin.rows('runner-ready').filter((row) => row['digest'] === withdrawn).length;
    const startedBefore = starts();
    expect([await operate('unload'), await operate('load')]).toEqual([200, 200]);
    await expect.poll(async () => (await origin.truth('repo', 'v2')).index, soon).toBe('UNAVAILABLE withdrawn');
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => origin.infer('repo', { inputs })));
    expect(tally(outcomes)).toEqual({ ok: 20 });
    expect(outcomes.filter(({ digest }) => digest === withdrawn)).toEqual([]);
    expect((await origin.infer('repo/versions/v2', { inputs })).text).toBe('404 version-fenced');
    expect(starts()).toBe(startedBefore);
  });
});
