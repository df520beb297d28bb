import { describe, expect, it } from 'vitest';
import { lentBytesMax, lentBytesMin, MemoryPool } from '../../../origin/memory/memory-pool.js';

const bytes = 100_000;

describe('a pool of memory', () => {
  it('lends what was given back, once nobody reads it', () => {
    const pool = new MemoryPool();
    const first = pool.lend(bytes);
    const second = pool.lend(bytes);
    expect(second?.bytes.buffer).not.toBe(first?.bytes.buffer);
    first?.giveBack(true);
    expect(pool.lend(bytes)?.bytes.buffer).toBe(first?.bytes.buffer);
    second?.giveBack(false);
    expect(pool.lend(bytes)?.bytes.buffer).not.toBe(second?.bytes.buffer);
  });

  it('takes a piece back once, whatever is said of it later', () => {
    const pool = new MemoryPool();
    const lent = pool.lend(bytes);
    lent?.giveBack(false);
    lent?.giveBack(true);
    const [one, other] = [pool.lend(bytes), pool.lend(bytes)];
    expect(one?.bytes.buffer).not.toBe(lent?.bytes.buffer);
    one?.giveBack(true);
    one?.giveBack(true);
    expect(pool.lend(bytes)?.bytes.buffer).not.toBe(pool.lend(bytes)?.bytes.buffer);
    expect(other?.bytes.length).toBe(bytes);
  });

  it.each([0, 1, 7, 8, 131, 4_096])('has byte %i at a multiple of 8, and all the bytes that were asked for', (at) => {
    for (const length of [lentBytesMin, 49_152, 65_536, bytes, lentBytesMax]) {
      const lent = new MemoryPool().lend(length, at)?.bytes;
      expect(lent?.length).toBe(length);
      expect(((lent?.byteOffset ?? 1) + at) % 8).toBe(0);
    }
  });

  it('lends nothing that is small or large', () => {
    const pool = new MemoryPool();
    expect(pool.lend(lentBytesMin - 1)).toBeUndefined();
    expect(pool.lend(lentBytesMax + 1)).toBeUndefined();
  });

  it('lends no more than it may at a time', () => {
    const pool = new MemoryPool({ lentBytesMax: 300_000 });
    const lent = [pool.lend(bytes), pool.lend(bytes), pool.lend(bytes)];
    expect(lent.map((one) => one === undefined)).toEqual([false, false, true]);
    lent[0]?.giveBack(false);
    expect(pool.lend(bytes)).toBeDefined();
  });

  it('keeps no more than it may, and what is of the size that is asked for now', () => {
    const pool = new MemoryPool({ idleBytesMax: 300_000 });
    const old = Array.from({ length: 3 }, () => pool.lend(bytes));
    const recent = pool.lend(lentBytesMin);
    for (const one of old) one?.giveBack(true);
    recent?.giveBack(true);
    const buffers = new Set(old.map((one) => one?.bytes.buffer));
    const kept = Array.from({ length: 3 }, () => pool.lend(bytes)).filter((one) => buffers.has(one?.bytes.buffer));
    expect(kept.length).toBeLessThanOrEqual(2);
    expect(pool.lend(lentBytesMin)?.bytes.buffer).toBe(recent?.bytes.buffer);
  });
});
