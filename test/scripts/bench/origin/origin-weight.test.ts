import { describe, expect, it } from 'vitest';
import { leastOf, weigh, whileWeighed } from '../../../../scripts/bench/origin/origin-weight.js';

const processes = [10, 20, 30].map((pid) => ({ pid, residentBytes: pid * 1e6, cpuS: 0 }));
const origin = { pid: 10, tree: () => Promise.resolve(processes) };

describe('the weight of an origin', () => {
  it('is that of the server, and of all processes below it', async () => {
    expect(await weigh(origin)).toEqual({ processes: 3, serverMb: 10, runnersMb: 50 });
  });

  it('is the least of several readings', () => {
    const readings = [
      { processes: 3, serverMb: 12, runnersMb: 50 },
      { processes: 3, serverMb: 15, runnersMb: 40 },
    ];
    expect(leastOf(readings)).toEqual({ processes: 3, serverMb: 12, runnersMb: 40 });
  });

  it('is taken while something is done, and no longer, also when that fails', async () => {
    let weighed = 0;
    const counted = {
      pid: 10,
      tree: () => {
        weighed += 1;
        return Promise.resolve(processes);
      },
    };
    const [result, weights] = await whileWeighed(counted, 1, () => Promise.resolve('done'));
    expect([result, weights.length]).toEqual(['done', weighed]);
    expect(weighed).toBeGreaterThan(0);
    await expect(whileWeighed(counted, 1, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    const after = weighed;
    await new Promise((resolve) => setImmediate(resolve));
    expect(weighed).toBe(after);
  });
});
