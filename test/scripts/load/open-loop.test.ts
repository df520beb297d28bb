import { describe, expect, it } from 'vitest';
import { type Alarm, OpenLoop } from '../../../scripts/load/process/open-loop.js';

interface Sent {
  readonly dueMs: number;
  readonly late: boolean;
}

/** An open loop on a clock that stands until it is moved: due at 10, 20, 30, … from a start at 100; over at 150. */
function loopOf({ connections = 10, lateAfterMs = 1 } = {}) {
  let nowMs = 100;
  let due = 0;
  let free = connections;
  let ringing: { atMs: number; wake: () => void } | undefined;
  const sent: Sent[] = [];
  const unsent: number[] = [];
  const alarm: Alarm = {
    at: (atMs, wake) => (ringing = { atMs, wake }),
    cancel: () => (ringing = undefined),
  };
  const loop = new OpenLoop(
    {
      now: () => nowMs,
      alarm,
      arrivals: { next: () => (due += 10) },
      hasFree: () => free > 0,
      send: (dueMs, late) => {
        free -= 1;
        sent.push({ dueMs, late });
      },
      unsent: (dueMs) => unsent.push(dueMs),
      lateAfterMs,
    },
    100,
    150,
  );
  const goTo = (ms: number): void => {
    nowMs = ms;
    while (ringing !== undefined && ringing.atMs <= nowMs) {
      const { wake } = ringing;
      ringing = undefined;
      wake();
    }
  };
  const answer = (): void => {
    free += 1;
    loop.onFree();
  };
  loop.start();
  return { loop, goTo, answer, sent, unsent, nextAlarmMs: () => ringing?.atMs };
}

describe('an open loop', () => {
  it('sends each request at its moment, whatever became of the ones before', () => {
    const { goTo, sent, nextAlarmMs } = loopOf();
    expect(nextAlarmMs()).toBe(110);
    for (const ms of [110, 120, 130.5]) goTo(ms);
    expect(sent).toEqual([110, 120, 130].map((dueMs) => ({ dueMs, late: false })));
    expect(nextAlarmMs()).toBe(140);
  });

  it('tells a request as late that it sends more than the limit after its moment, and not one at the limit', () => {
    const { goTo, sent } = loopOf();
    goTo(111);
    goTo(121.01);
    expect(sent).toEqual([
      { dueMs: 110, late: false },
      { dueMs: 120, late: true },
    ]);
  });

  it('sends all that came due while it was kept busy, each with its own moment', () => {
    const { goTo, sent } = loopOf({ lateAfterMs: 5 });
    goTo(132);
    expect(sent).toEqual([
      { dueMs: 110, late: true },
      { dueMs: 120, late: true },
      { dueMs: 130, late: false },
    ]);
  });

  it('keeps what finds no free connection in order, and sends it late', () => {
    const { goTo, answer, sent } = loopOf({ connections: 1 });
    goTo(110);
    goTo(120);
    goTo(130);
    expect(sent).toHaveLength(1);
    answer();
    answer();
    expect(sent.map(({ dueMs }) => dueMs)).toEqual([110, 120, 130]);
    expect(sent.map(({ late }) => late)).toEqual([false, true, false]);
  });

  it('sends nothing after its end, and tells what waited as unsent', () => {
    const { loop, goTo, answer, sent, unsent, nextAlarmMs } = loopOf({ connections: 1 });
    for (const ms of [110, 120, 130, 140, 150, 160]) goTo(ms);
    expect(nextAlarmMs()).toBeUndefined();
    loop.end();
    expect(unsent).toEqual([120, 130, 140]);
    answer();
    expect(sent).toHaveLength(1);
  });
});
