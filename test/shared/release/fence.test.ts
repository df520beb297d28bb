import { describe, expect, it, vi } from 'vitest';
import type * as LeaseRule from '../../../shared/release/lease-rule.js';
import { seededRandom } from '../../harness/random.js';
import { previous, runWorld, withdrawn, type WorldOptions } from './lease-world.js';

const sabotage = vi.hoisted(() => ({ countFromReceipt: false }));

vi.mock('../../../shared/release/lease-rule.js', async (original) => {
  const rule = await original<typeof LeaseRule>();
  return {
    ...rule,
    stamp: (grant: Parameters<typeof rule.stamp>[0], times: Parameters<typeof rule.stamp>[1]) =>
      rule.stamp(grant, sabotage.countFromReceipt ? { ...times, sentAt: times.receivedAt } : times),
  };
});

/** Hand-overs of the withdrawn version after the rollback had returned, over many seeded worlds. */
async function lateHands(
  seeds: number,
  extra: Partial<WorldOptions> = {},
): Promise<{ late: number; hands: number; failed: number }> {
  const total = { late: 0, hands: 0, failed: 0 };
  for (let seed = 1; seed <= seeds; seed += 1) {
    const world = await runWorld({ random: seededRandom(seed), isolates: 3, callers: 8, ...extra });
    total.late += world.hands.filter(
      (hand) => hand.digest === withdrawn.digest && hand.atMs > world.returnedAtMs,
    ).length;
    total.hands += world.hands.length;
    total.failed += world.failed;
    expect(world.hands.some((hand) => hand.digest === withdrawn.digest)).toBe(true);
    expect(world.hands.some((hand) => hand.digest === previous.digest && hand.atMs > world.returnedAtMs)).toBe(true);
  }
  return total;
}

describe('the fence, in virtual time with skewed clocks, slow answers and long runs', () => {
  it('lets no answer of the withdrawn version be handed over after the rollback has returned, and fails no request', async () => {
    const { late, hands, failed } = await lateHands(40);
    expect(hands).toBeGreaterThan(10_000);
    expect({ late, failed }).toEqual({ late: 0, failed: 0 });
  });

  it('is broken, and this test sees it, when leases are counted from the receipt of the answer', async () => {
    sabotage.countFromReceipt = true;
    try {
      expect((await lateHands(60)).late).toBeGreaterThan(0);
    } finally {
      sabotage.countFromReceipt = false;
    }
  });

  it('is broken, and this test sees it, when the lease is not checked at the commit', async () => {
    const unchecked = (leases: Parameters<NonNullable<WorldOptions['sabotage']>>[0]) => ({
      current: leases.current.bind(leases),
      renew: leases.renew.bind(leases),
      permits: () => true,
    });
    expect((await lateHands(10, { sabotage: unchecked })).late).toBeGreaterThan(0);
  });
});
