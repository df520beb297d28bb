import { beforeEach, describe, expect, it } from 'vitest';
import { LoadGate } from '../../../edge/host/load-gate.js';
import { Deadline } from '../../../shared/time/deadline.js';

const loadMsMax = 30_000;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the gate of loads', () => {
  const clock = { at: 0, now: () => clock.at };
  let begun: string[];
  let ends: Map<string, (error?: Error) => void>;
  const load = (gate: LoadGate, name: string, budgetMs = 10_000): Promise<void> =>
    gate.run(new Deadline(clock, budgetMs), () => {
      begun.push(name);
      return new Promise((resolve, reject) => {
        ends.set(name, (error) => (error === undefined ? resolve() : reject(error)));
      });
    });
  const newGate = (loadsMax: number): LoadGate => new LoadGate({ loadsMax, loadMsMax, clock });

  beforeEach(() => {
    clock.at = 0;
    begun = [];
    ends = new Map();
  });

  it('lets in so many at once, and the next in the order of arrival', async () => {
    const gate = newGate(2);
    const all = ['a', 'b', 'c', 'd'].map((name) => load(gate, name));
    await turn();
    expect(begun).toEqual(['a', 'b']);
    ends.get('b')?.();
    await turn();
    expect(begun).toEqual(['a', 'b', 'c']);
    for (const name of ['a', 'c']) ends.get(name)?.();
    await turn();
    ends.get('d')?.();
    await Promise.all(all);
  });

  it('goes on after a load that failed: the second of three', async () => {
    const gate = newGate(1);
    const [first, second, third] = ['a', 'b', 'c'].map((name) => load(gate, name));
    ends.get('a')?.();
    await first;
    await turn();
    ends.get('b')?.(new Error('no'));
    await expect(second).rejects.toThrow('no');
    await turn();
    ends.get('c')?.();
    await third;
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('lets those who wait go at their deadline, without beginning their load', async () => {
    const gate = newGate(1);
    void load(gate, 'a');
    const late = load(gate, 'b', 0);
    await expect(late).rejects.toMatchObject({ code: 'deadline-exceeded' });
    ends.get('a')?.();
    await turn();
    expect(begun).toEqual(['a']);
  });

  it('gives the place of a load whose request was ended to the next, when none could still go on', async () => {
    const gate = newGate(1);
    void load(gate, 'lost'); // never settles
    clock.at = loadMsMax;
    void load(gate, 'next');
    await turn();
    expect(begun).toEqual(['lost', 'next']);
  });
});
