import { describe, expect, it } from 'vitest';
import { Chain } from '../../../../origin/engine/queue/chain.js';

describe('a chain', () => {
  it('keeps the order of arrival, whichever link leaves', () => {
    for (const leaving of [0, 1, 2]) {
      const chain = new Chain<string>();
      const links = ['a', 'b', 'c'].map((value) => chain.append(value));
      chain.remove(links[leaving]!);
      chain.append('d');
      expect([...chain]).toEqual(['a', 'b', 'c', 'd'].toSpliced(leaving, 1));
      expect(chain.first?.value).toBe(leaving === 0 ? 'b' : 'a');
    }
  });

  it('can be emptied and begun anew', () => {
    const chain = new Chain<string>();
    chain.remove(chain.append('a'));
    expect(chain.first).toBeUndefined();
    chain.append('b');
    expect([...chain]).toEqual(['b']);
  });
});
