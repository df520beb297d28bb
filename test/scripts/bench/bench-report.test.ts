import { describe, expect, it } from 'vitest';
import { benchOptions } from '../../../scripts/bench/bench-options.js';
import { aimOf, reportOf } from '../../../scripts/bench/bench-report.js';
import { textOfReport } from '../../../scripts/bench/bench-text.js';
import { overheadLimitMs, rowOf } from '../../../scripts/bench/edge/bench-edge.js';
import { projectRoot } from '../../../scripts/local/project-root.js';

describe('an aim', () => {
  it('is met up to its limit, and no further', () => {
    expect(aimOf('a', 5, '<=', 5)).toEqual({ name: 'a', figure: 5, limit: 5, compare: '<=', met: true });
    expect(aimOf('a', 5.000_1, '<=', 5).met).toBe(false);
    expect(aimOf('a', 5, '>=', 5).met).toBe(true);
    expect(aimOf('a', 4.9, '>=', 5).met).toBe(false);
  });

  it('is not met by a figure that is none', () => {
    expect(aimOf('a', NaN, '<=', 5).met).toBe(false);
  });

  it('of the edge is 1.15 × the raw run + 0.5 ms, as the issue says', () => {
    expect(overheadLimitMs(10)).toBe(12);
  });
});

describe('a report', () => {
  const rows = [rowOf('m', 'raw-run', [1, 2, 3]), rowOf('m', 'host-call', [2.5])];
  const report = reportOf('edge', projectRoot(), 12.345, { rows, aims: [aimOf('small', 1, '<=', 2)] });

  it('has the members that every benchmark has, units last in the names of its figures', () => {
    expect(Object.keys(report)).toEqual(['bench', 'node', 'cpus', 'commit', 'seconds', 'rows', 'aims']);
    expect(report).toMatchObject({ bench: 'edge', node: process.version, seconds: 12.3 });
    expect(report.commit).toMatch(/^([0-9a-f]{12}\+?|unknown)$/);
    expect(report.cpus).toMatch(/^\d+ × /);
    expect(rows[0]).toEqual({
      model: 'm',
      step: 'raw-run',
      samples: 3,
      p5Ms: 1.1,
      p50Ms: 2,
      p95Ms: 2.9,
      p99Ms: 2.98,
      madMs: 1,
    });
  });

  it('shows people every row and whether the aims are met', () => {
    const text = textOfReport(report);
    expect(text).toMatch(/raw-run +3 +1\.100 +2\.000/);
    expect(text).toMatch(/host-call +1 +2\.500/);
    expect(text).toMatch(/small +1\.000 +≤ +2\.000 +met/);
  });
});

describe('the options of a benchmark', () => {
  it('are few, and all off at first', () => {
    expect(benchOptions([])).toEqual({ json: false, quick: false, samples: undefined, help: false });
    expect(benchOptions(['--json', '--quick'])).toMatchObject({ json: true, quick: true });
    expect(benchOptions(['--samples', '2']).samples).toBe(2);
  });

  it('are refused when they are others', () => {
    expect(() => benchOptions(['--fast'])).toThrow(/--fast/);
    for (const samples of ['0', '-1', 'x', '1000000']) {
      expect(() => benchOptions([`--samples=${samples}`])).toThrow(/expected a whole number from 1 to 999999/);
    }
  });
});
