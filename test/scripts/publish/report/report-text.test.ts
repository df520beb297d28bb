import { describe, expect, it } from 'vitest';
import { proofRows } from '../../../../scripts/publish/prove/proof-row.js';
import type { PublishReport } from '../../../../scripts/publish/report/publish-report.js';
import { reportText } from '../../../../scripts/publish/report/report-text.js';
import { toleranceUsed } from '../../../../scripts/publish/report/tolerance-used.js';
import { compareOutputs } from '../../../../shared/golden/compare-outputs.js';
import type { Tensor } from '../../../../shared/protocol/tensor.js';
import { emptyReport, fullMeasurements, fullReport } from './full-report.js';

describe('the summary of publishing', () => {
  it('tells of three graphs on one screen: sizes, goldens, figures, memory, proof, placement, cost', () => {
    expect(reportText(fullReport)).toBe(`\
GRAPH                   SIZE          STORED                            GOLDENS
detect       4.7 MB → 4.8 MB  +0.2 %  optimised, its weights beside it  8 generated, seed 1
recognise  10.8 MB → 10.9 MB  +0.4 %  optimised, its weights beside it  12 from examples
turn         590 kB → 580 kB    −2 %  optimised, its weights inside it  8 generated, seed 1

AT THE EDGE  CREATE MS  FIRST MS  P50 MS  P95 MS     HEAP  HEAP PEAK
detect            26.4       331     288     313  21.3 MB    88.1 MB
recognise         28.1      58.4    33.3    41.6  28.0 MB    35.4 MB
turn              8.10      9.50    1.62    2.05  12.2 MB    13.9 MB

AT THE ORIGIN  MS/ITEM × 1   × 2   × 4   × 8  × 16  KNEE
detect                71.2  69.8  70.4                 1
recognise             33.1        33.4  40.2  44.1     4
turn                  1.62  1.45  1.36  1.31           8

heap       ███████████████████████░ 93.4 MB of 96.0 MB
isolate    █████████████████████░░░ 110 MB of 128 MB
proven     3 outputs in onnxruntime and workerd: within tolerance
           recognise.probabilities in workerd: 6.2e-4 absolute, 0.031 relative (near: 0.001 absolute or 0.001 relative)
           turn.scores in onnxruntime: cosine 1, top-1 1 (looser: cosine 0.95, top-1 0.9)
           turn.scores in workerd: cosine 0.99987, top-1 1 (looser: cosine 0.95, top-1 0.9)
placement  edge, origin
           the three graphs together take 93.4 MB of the 96 MB that the heap may take
           graph detect answers in 313 ms (p95) at most: no bound is declared for it
cost       $7.35 for a million requests, 352 CPU ms each
warning    graph turn: 1 of 9 examples has an input of another size, and was left out`);
  });

  it('says why what was not run was not run', () => {
    expect(reportText(emptyReport)).toBe(`\
GRAPH     SIZE     STORED               GOLDENS
detect  4.7 MB     a plan was replayed  not recorded: a plan was replayed

measured   --no-measure was given
proven     a plan was replayed
placement  origin`);
  });

  it('stands without any figure: nothing at the edge, nothing at the origin, no cost', () => {
    const none = { ...fullMeasurements, edge: null, isolate: null, origin: null, cost: null };
    const text = reportText({ ...fullReport, graphs: {}, measurements: { value: none }, warnings: [] });
    expect(text).not.toMatch(/AT THE|^heap |^isolate |^cost |undefined|NaN/m);
  });

  it('says loudly what is over its tolerance, and what is over the budget', () => {
    const rows = 'value' in fullReport.proof ? fullReport.proof.value : [];
    const isolate = { startMs: 1, artifactBytes: 1, heapPeakBytes: 97e6, peakBytes: 140e6 };
    const report: PublishReport = {
      ...fullReport,
      proof: { value: rows.map((row) => ({ ...row, within: row.graph !== 'turn' })) },
      measurements: { value: { ...fullMeasurements, isolate } },
    };
    const text = reportText(report);
    expect(text).toContain('1 of 3 outputs in onnxruntime and workerd: OVER their tolerance');
    expect(text).toContain('turn.scores in workerd: cosine 0.99987, top-1 1 (over: cosine 0.95, top-1 0.9)');
    expect(text).toMatch(/heap {7}█{24} 97\.0 MB of 96\.0 MB: over/);
  });

  it('stays on one screen with many warnings, and lets none of them steer the terminal', () => {
    const warnings = Array.from({ length: 40 }, (_, index) => `odd\u001b[2J ${index}\nbroken`);
    const text = reportText({ ...fullReport, warnings });
    expect(text.split('\n').length).toBeLessThanOrEqual(34);
    expect(text).toContain('and 35 more');
    expect(text).not.toContain('\u001b');
  });
});

const tensor = (name: string, values: readonly number[]): Tensor => ({
  name,
  datatype: 'FP32',
  shape: [1, values.length],
  data: Float32Array.from(values),
});

describe('the proof of an output', () => {
  const goldens = [
    compareOutputs([tensor('y', [1, 2])], [tensor('y', [1, 2.0005])]),
    compareOutputs([tensor('y', [0.001, 2])], [tensor('y', [0.0012, 2])]),
  ];

  it('is the worst of every golden, figure by figure', () => {
    const [row, ...more] = proofRows('main', 'workerd', goldens);
    expect(more).toEqual([]);
    expect(row).toMatchObject({ graph: 'main', runtime: 'workerd', output: 'y', goldens: 2, within: true });
    expect(row?.absolute).toBeCloseTo(5e-4, 6);
    expect(row?.relative).toBeCloseTo(0.2, 6);
    expect(toleranceUsed(row!)).toBeCloseTo(0.5, 2);
  });

  it('survives JSON where nothing can be said in numbers', () => {
    const [row] = proofRows('main', 'native', [compareOutputs([tensor('y', [1])], [])]);
    expect(row).toMatchObject({ absolute: null, relative: null, cosine: null, within: false });
    expect(JSON.parse(JSON.stringify(row))).toEqual(row);
    expect(toleranceUsed(row!)).toBe(Infinity);
  });

  it('uses none of its tolerance where nothing differs, and never more than all while within', () => {
    const [same] = proofRows('main', 'native', [compareOutputs([tensor('y', [1])], [tensor('y', [1])])]);
    expect(toleranceUsed(same!)).toBe(0);
    expect(toleranceUsed({ ...same!, absolute: 1, relative: 1 })).toBe(1);
  });
});
