import { describe, expect, it } from 'vitest';
import { findSaturation } from '../../../scripts/load/find-saturation.js';
import type { LoadPlan } from '../../../scripts/load/load-plan.js';
import { FakeSession, planOf } from './load-results.js';

const connectionsOf = ({ shape }: LoadPlan): number => (shape.kind === 'closed' ? shape.connections : 0);
/** A server that gives 100 a second per connection up to `most`. */
const serverOf = (most: number): FakeSession =>
  new FakeSession((plan) => ({ ratePerS: Math.min(most, 100 * connectionsOf(plan)) }));

describe('the search for the saturation', () => {
  it('doubles the connections until two steps bring no more, and names the fewest that suffice', async () => {
    const session = serverOf(700);
    const found = await findSaturation(session, planOf());
    expect(session.plans.map(connectionsOf)).toEqual([1, 2, 4, 8, 16, 32]);
    expect(found).toMatchObject({ ratePerS: 700, connections: 8, reached: true });
    expect(found.steps).toHaveLength(6);
  });

  it('goes on after one step without a gain: a batcher may make a stair of it', async () => {
    const rates = [100, 101, 200, 202, 203];
    const session = new FakeSession((_, number) => ({ ratePerS: rates[number] ?? 203 }));
    const found = await findSaturation(session, planOf());
    expect(session.plans.map(connectionsOf)).toEqual([1, 2, 4, 8, 16]);
    expect(found).toMatchObject({ ratePerS: 203, connections: 4 });
  });

  it('says when the rate was still growing at the most connections', async () => {
    const found = await findSaturation(serverOf(1e9), planOf(), { connections: [1, 2, 4] });
    expect(found).toMatchObject({ ratePerS: 400, connections: 4, reached: false });
  });

  it('ends with what it has when it is stopped, and leaves the run out that was cut', async () => {
    const stopping = new AbortController();
    const session = new FakeSession((_, number) => {
      if (number === 1) stopping.abort();
      return { ratePerS: 50, ended: number === 1 ? 'stopped' : 'done' };
    });
    const found = await findSaturation(session, planOf(), { signal: stopping.signal });
    expect(session.plans).toHaveLength(2);
    expect(found).toMatchObject({ ratePerS: 50, connections: 1, reached: false });
    expect(found.steps).toHaveLength(1);
  });

  it('has nothing when nothing is answered', async () => {
    expect(await findSaturation(serverOf(0), planOf())).toMatchObject({ ratePerS: 0, reached: true });
  });
});
