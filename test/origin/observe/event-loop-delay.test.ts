import { describe, expect, it } from 'vitest';
import { EventLoopDelay } from '../../../origin/observe/event-loop-delay.js';
import { HistogramCell } from '../../../origin/observe/histogram-cell.js';

const world = (): { cell: HistogramCell; delay: EventLoopDelay; after: (ms: number) => void } => {
  let nowMs = 0;
  const cell = new HistogramCell([0.001, 0.01, 0.1]);
  const delay = new EventLoopDelay(cell, () => nowMs);
  const after = (ms: number): void => {
    nowMs += ms;
    delay.look();
  };
  return { cell, delay, after };
};

describe('the delay of the event loop', () => {
  it('is how much later than due the timer ran, not the time between two of its runs', () => {
    const { cell, after } = world();
    for (const ms of [20, 20.5, 27, 120, 5_000]) after(ms);
    expect([...cell.counts]).toEqual([2, 1, 1, 1]);
    expect(cell.sum).toBeCloseTo(0.0005 + 0.007 + 0.1 + 4.98, 9);
  });

  it('keeps its maximum for half a minute to a whole one, however often it is asked for', () => {
    const { delay, after } = world();
    after(320);
    for (let elapsedMs = 320; elapsedMs < 30_000; elapsedMs += 20) after(20);
    expect([delay.recentMaxMs(), delay.recentMaxMs()]).toEqual([300, 300]);
    for (let elapsedMs = 0; elapsedMs < 31_000; elapsedMs += 20) after(20);
    expect(delay.recentMaxMs()).toBe(0);
  });
});
