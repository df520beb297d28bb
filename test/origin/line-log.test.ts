import { describe, expect, it } from 'vitest';
import { LineLog } from '../../origin/line-log.js';
import { ManualTime } from './harness.js';

function setUp() {
  const time = new ManualTime();
  const written: string[] = [];
  const lines = new LineLog({ write: (text) => written.push(text), schedule: time.schedule, clock: time });
  return { time, written, lines };
}

describe('the log', () => {
  it('writes the lines of requests together, soon', () => {
    const { time, written, lines } = setUp();
    lines.log({ event: 'request', at: 'x', n: 1 });
    lines.log({ event: 'request', at: 'x', n: 2 });
    expect(written).toEqual([]);
    time.advance(50);
    expect(written).toEqual(['{"event":"request","at":"x","n":1}\n{"event":"request","at":"x","n":2}\n']);
  });

  it('writes all else at once, in its place', () => {
    const { written, lines } = setUp();
    lines.log({ event: 'request', at: 'x' });
    lines.log({ event: 'runner-died' });
    expect(written).toEqual([
      '{"event":"request","at":"x"}\n{"at":"1970-01-01T00:16:40.000Z","level":"info","event":"runner-died"}\n',
    ]);
  });

  it('keeps nothing back when it is flushed, nor more than 64 Ki characters', () => {
    const { written, lines } = setUp();
    lines.log({ event: 'request' });
    lines.flush();
    lines.flush();
    expect(written).toHaveLength(1);
    lines.log({ event: 'request', long: 'x'.repeat(64 * 1024) });
    expect(written).toHaveLength(2);
  });
});
