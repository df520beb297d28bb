import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BlobFlights } from '../../../edge/host/blob-flights.js';

describe('reads of one blob at a time', () => {
  const clock = { at: 0, now: () => clock.at };
  let flights: BlobFlights<string>;
  let reads: number;
  const read = (value: string) => (): Promise<string> => {
    reads += 1;
    return Promise.resolve(value);
  };
  const lost = (): Promise<string> => {
    reads += 1;
    return new Promise(() => undefined); // its request was ended
  };

  beforeEach(() => {
    clock.at = 0;
    reads = 0;
    flights = new BlobFlights(clock, 20);
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('are shared by all who ask meanwhile, and nothing is kept of them', async () => {
    expect(await Promise.all([1, 2, 3].map(() => flights.run('a', read('bytes'))))).toEqual(Array(3).fill('bytes'));
    expect(reads).toBe(1);
    await flights.run('a', read('bytes'));
    expect(reads).toBe(2);
  });

  it('that fail fail for all who shared them, and are made anew by the next', async () => {
    const failing = (): Promise<string> => Promise.reject(new Error('no'));
    const both = [flights.run('a', failing), flights.run('a', read('other'))];
    for (const one of both) await expect(one).rejects.toThrow('no');
    expect(await flights.run('a', read('bytes'))).toBe('bytes');
  });

  it('whose request was ended are made anew: by who waited, and by who comes later', async () => {
    void flights.run('a', lost);
    let arrive = (_: string): void => undefined;
    const anew = (): Promise<string> => {
      reads += 1;
      return new Promise((resolve) => (arrive = resolve));
    };
    vi.useFakeTimers();
    const waiting = [flights.run('a', anew), flights.run('a', anew)];
    await vi.advanceTimersByTimeAsync(20);
    vi.useRealTimers();
    arrive('bytes');
    expect(await Promise.all(waiting)).toEqual(['bytes', 'bytes']); // one of them has read, for both
    expect(reads).toBe(2);
    void flights.run('b', lost);
    clock.at = 20;
    expect(await flights.run('b', read('later'))).toBe('later');
  });
});
