import { describe, expect, it } from 'vitest';
import { tryAxis } from '../../../../origin/engine/pool/try-axis.js';
import { RunnerDied } from '../../../../origin/engine/process/runner-died.js';
import type { BatchTensor, RunResult } from '../../../../origin/engine/runner.js';
import { BrinkError } from '../../../../shared/errors/brink-error.js';
import { fp32, int64 } from '../../harness.js';

type Rows = readonly (readonly number[])[];
/** From the rows that go in to the rows that come out. */
type Graph = (rows: Rows) => Rows;

function rowsOf({ shape, parts }: BatchTensor): Rows {
  const values = parts.flatMap((part) => [...(part as Float32Array)].map(Number));
  const width = shape[1] ?? 1;
  return Array.from({ length: shape[0] ?? 0 }, (_, row) => values.slice(row * width, (row + 1) * width));
}

const runnerOf = (graph: Graph, outputs: (rows: Rows) => ReturnType<typeof fp32>[] = (rows) => [outputOf(rows)]) => ({
  run: (_: string, [x]: readonly BatchTensor[]): Promise<RunResult> =>
    Promise.resolve({ outputs: outputs(graph(rowsOf(x!))), inferMs: 1, cpuMs: 1, rssBytes: 1 }),
});

const outputOf = (rows: Rows) => fp32('y', [rows.length, rows[0]?.length ?? 0], rows.flat());

/** Two small rows that are in order by chance: what one pair alone could not tell from independence. */
const [item, other] = [[0.25, 0.5], [0.75, 0.625]]; // prettier-ignore

const verdict = (graph: Graph, one: readonly number[] = item, two: readonly number[] = other) =>
  tryAxis(runnerOf(graph), {
    graph: 'main',
    item: [fp32('x', [1, one.length], one)],
    other: [fp32('x', [1, two.length], two)],
    alone: [outputOf(graph([one]))],
    rows: 1,
  });

const columns = (rows: Rows, of: (column: readonly number[]) => number): number[] =>
  (rows[0] ?? []).map((_, at) => of(rows.map((row) => row[at] ?? 0)));
const all = (rows: Rows): number[] => rows.flat().map(Math.abs);

describe('an item among hostile mates', () => {
  it('is independent when it gets what it got alone', async () => {
    expect(await verdict((rows) => rows.map((row) => row.map((x) => 2 * x - 1)))).toBe('independent');
    expect(await verdict((rows) => rows.map((row) => [Math.max(...row)]))).toBe('independent');
  });

  it.each<[string, Graph]>([
    ['sorts its rows', (rows) => rows.toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0))],
    ['sorts them downwards', (rows) => rows.toSorted((a, b) => (b[0] ?? 0) - (a[0] ?? 0))],
    ['subtracts the mean of its rows', (rows) => rows.map((row) => row.map((x, at) => x - (columns(rows, (c) => c.reduce((s, v) => s + v) / c.length)[at] ?? 0)))],
    ['does so in a small output', (rows) => rows.map((row) => row.map((x, at) => 1e-3 * (x - (columns(rows, (c) => c.reduce((s, v) => s + v) / c.length)[at] ?? 0))))],
    ['takes the largest so far', (rows) => rows.map((row, n) => row.map((_, at) => Math.max(...rows.slice(0, n + 1).map((r) => r[at] ?? 0))))],
    ['scales by the largest of the batch when that is large', (rows) => rows.map((row) => row.map((x) => x / Math.max(1, ...all(rows))))],
    ['quantises by the range of the batch, as dynamic int8 does', (rows) => { const step = Math.max(...all(rows)) / 127; return rows.map((row) => row.map((x) => Math.round(x / step) * step)); }],
    ['gives the rows the other way round', (rows) => rows.toReversed()],
    ['gives the first row to all', (rows) => rows.map(() => rows[0] ?? [])],
    ['gives one row for all', (rows) => [columns(rows, (c) => Math.max(...c))]],
  ])('is no batch when the graph %s', async (_, graph) => {
    expect(await verdict(graph)).toBe('not-a-batch');
  }); // prettier-ignore

  it('is no batch when one output of several is not', async () => {
    const graph: Graph = (rows) => rows;
    const outputs = (rows: Rows) => [
      outputOf(rows),
      { ...outputOf(rows.map((row) => row.map((x) => 1e-3 * (x - (rows.at(-1)?.[0] ?? 0))))), name: 'z' },
    ];
    const trial = { graph: 'main', item: [fp32('x', [1, 2], item)], other: [fp32('x', [1, 2], other)], rows: 1 };
    const alone = outputs([item]);
    expect(await tryAxis(runnerOf(graph, outputs), { ...trial, alone })).toBe('not-a-batch');
  });

  it('tells nothing when no mate differs from it', async () => {
    const tokens = int64('x', 7);
    const run = () => Promise.resolve({ outputs: [], inferMs: 1, cpuMs: 1, rssBytes: 1 });
    const trial = { graph: 'main', item: [tokens], other: [tokens], alone: [], rows: 1 };
    expect(await tryAxis({ run }, trial)).toBe('inconclusive');
    expect(await tryAxis({ run }, { ...trial, other: [int64('x', 8)] })).toBe('independent');
  });

  it('is judged on real mates alone where the graph refuses the made-up ones', async () => {
    const refusing: Graph = (rows) => {
      if (rows.some((row) => row.some((x) => Math.abs(x) > 10))) throw new BrinkError('model-rejected-input', 'range');
      return rows;
    };
    const run = (...args: Parameters<ReturnType<typeof runnerOf>['run']>) =>
      Promise.resolve().then(() => runnerOf(refusing).run(...args));
    const trial = { graph: 'main', item: [fp32('x', [1, 2], item)], other: [fp32('x', [1, 2], other)], rows: 1 };
    expect(await tryAxis({ run }, { ...trial, alone: [outputOf([item])] })).toBe('independent');
  });

  it('is no batch when the graph refuses any two, tells nothing when there is no memory, and rejects with a death', async () => {
    const trial = { graph: 'main', item: [fp32('x', [1, 2], item)], other: [fp32('x', [1, 2], other)], alone: [], rows: 1 }; // prettier-ignore
    const failing = (error: Error) => tryAxis({ run: () => Promise.reject(error) }, trial);
    expect(await failing(new BrinkError('model-rejected-input', 'no'))).toBe('not-a-batch');
    expect(await failing(new BrinkError('heap-exhausted', 'no'))).toBe('inconclusive');
    await expect(failing(new RunnerDied('crash'))).rejects.toBeInstanceOf(RunnerDied);
  });
});
