import { setTimeout } from 'node:timers/promises';
import type { ProcessFigures } from './processes/process-tree.js';
import type { OriginUnderTest } from './origin-under-test.js';

/** Resident memory, in millions of bytes. */
export interface OriginWeight {
  readonly processes: number;
  readonly serverMb: number;
  /** Of all processes below the server's. */
  readonly runnersMb: number;
}

type Weighed = Pick<OriginUnderTest, 'tree' | 'pid'>;

export async function weigh(origin: Weighed): Promise<OriginWeight> {
  const tree = await origin.tree();
  const isServer = ({ pid }: ProcessFigures): boolean => pid === origin.pid;
  const [server, runners] = [tree.filter(isServer), tree.filter((one) => !isServer(one))];
  return { processes: tree.length, serverMb: megabytes(server), runnersMb: megabytes(runners) };
}

const megabytes = (of: readonly ProcessFigures[]): number => of.reduce((all, one) => all + one.residentBytes, 0) / 1e6;

/** The least of each figure: garbage that is about to be collected is no growth. */
export function leastOf(weights: readonly OriginWeight[]): OriginWeight {
  const least = (part: keyof OriginWeight): number => Math.min(...weights.map((weight) => weight[part]));
  return { processes: least('processes'), serverMb: least('serverMb'), runnersMb: least('runnersMb') };
}

/** Weighs again and again while something is done. */
export async function whileWeighed<Result>(
  origin: Weighed,
  everyMs: number,
  work: () => Promise<Result>,
): Promise<readonly [Result, readonly OriginWeight[]]> {
  const leaving = new AbortController();
  const weighing = weighUntil(origin, everyMs, leaving.signal);
  try {
    const result = await work();
    leaving.abort();
    return [result, await weighing];
  } finally {
    leaving.abort();
    await weighing;
  }
}

async function weighUntil(origin: Weighed, everyMs: number, signal: AbortSignal): Promise<OriginWeight[]> {
  const weights: OriginWeight[] = [];
  while (!signal.aborted) {
    weights.push(await weigh(origin));
    await setTimeout(everyMs, undefined, { signal }).catch(() => undefined); // aborted: that was the last
  }
  return weights;
}
