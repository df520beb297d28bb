import { describe, expect, it } from 'vitest';
import { decide, type Decision, type Situation } from '../../../../origin/engine/batch/decide.js';

const decided = (situation: Partial<Situation>): Decision =>
  decide({
    idle: true,
    rowsWaiting: 3,
    headRows: 1,
    oldestWaitedMs: 0,
    maxQueueDelayMs: 0,
    rowsLimit: 8,
    maxBatch: 64,
    tightestLeftMs: 1_000,
    estimateMs: () => undefined,
    ...situation,
  });

describe('deciding', () => {
  it('waits while no runner is free, or nothing waits', () => {
    expect(decided({ idle: false })).toEqual({ kind: 'wait' });
    expect(decided({ rowsWaiting: 0 })).toEqual({ kind: 'wait' });
  });

  it('runs at once what there is, up to what is worth it and allowed', () => {
    expect(decided({})).toEqual({ kind: 'run', rows: 8 });
    expect(decided({ rowsWaiting: 100, maxBatch: 4 })).toEqual({ kind: 'run', rows: 4 });
    expect(decided({ headRows: 20 })).toEqual({ kind: 'run', rows: 20 });
  });

  it('runs as many as are expected to be done in nine tenths of the time left', () => {
    const estimateMs = (rows: number): number => 10 + 10 * rows;
    expect(decided({ tightestLeftMs: 60, estimateMs })).toEqual({ kind: 'run', rows: 4 });
    expect(decided({ tightestLeftMs: 50 / 0.9, estimateMs })).toEqual({ kind: 'run', rows: 4 });
    expect(decided({ tightestLeftMs: 5, estimateMs })).toEqual({ kind: 'run', rows: 1 });
    expect(decided({ tightestLeftMs: 5, headRows: 3, estimateMs })).toEqual({ kind: 'run', rows: 3 });
  });

  it('allows what was never measured', () => {
    const estimateMs = (rows: number): number | undefined => (rows > 4 ? undefined : 10 * rows);
    expect(decided({ tightestLeftMs: 20, estimateMs })).toEqual({ kind: 'run', rows: 8 });
  });

  it('waits for a fuller batch only when told to, and no longer than that', () => {
    expect(decided({ maxQueueDelayMs: 5, oldestWaitedMs: 2 })).toEqual({ kind: 'wait', forMs: 3 });
    expect(decided({ maxQueueDelayMs: 5, oldestWaitedMs: 5 })).toEqual({ kind: 'run', rows: 8 });
    expect(decided({ maxQueueDelayMs: 5, rowsWaiting: 8 })).toEqual({ kind: 'run', rows: 8 });
    expect(decided({ maxQueueDelayMs: 5, rowsWaiting: 9 })).toEqual({ kind: 'run', rows: 8 });
    expect(decided({ maxQueueDelayMs: 5, rowsLimit: 1 })).toEqual({ kind: 'run', rows: 1 });
  });

  it('waits no longer than the deadline allows', () => {
    const estimateMs = (rows: number): number => 10 * rows;
    expect(decided({ maxQueueDelayMs: 50, tightestLeftMs: 200, estimateMs })).toEqual({ kind: 'wait', forMs: 20 });
    expect(decided({ maxQueueDelayMs: 50, tightestLeftMs: 30, estimateMs })).toEqual({ kind: 'run', rows: 2 });
  });

  it('waits no more than half of the whole time, however often it looks again', () => {
    const whole = { maxQueueDelayMs: 10_000, rowsLimit: 64 };
    expect(decided({ ...whole, tightestLeftMs: 80 })).toEqual({ kind: 'wait', forMs: 40 });
    expect(decided({ ...whole, oldestWaitedMs: 30, tightestLeftMs: 50 })).toEqual({ kind: 'wait', forMs: 10 });
    expect(decided({ ...whole, oldestWaitedMs: 40, tightestLeftMs: 40 }).kind).toBe('run');
  });
});
