import { expect, it } from 'vitest';
import { ResetBudget } from '../../../origin/grpc/reset-budget.js';

it('a budget of resets lasts for a burst, and then fills by the second up to the burst again', () => {
  let now = 0;
  const budget = new ResetBudget({ resetBurst: 3, resetsPerSecond: 2 }, { now: () => now });
  const taken = (count: number): boolean[] => Array.from({ length: count }, () => budget.take());
  expect(taken(4)).toEqual([true, true, true, false]);
  now = 499;
  expect(taken(1)).toEqual([false]);
  now = 1_000;
  expect(taken(3)).toEqual([true, true, false]);
  now = 100_000;
  expect(taken(4)).toEqual([true, true, true, false]);
  now = 0; // a clock that goes back gives nothing and takes nothing
  expect(taken(1)).toEqual([false]);
});
