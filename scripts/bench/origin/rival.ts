import { ListeningProcess } from '../../local/processes.js';
import type { Scripts } from './bare-limit.js';
import { type ServingSetup, sessionOptionsOf } from './serving-setup.js';

/** What the rival's process reads of its environment. */
export const rivalVariables = { casePath: 'BENCH_CASE', options: 'BENCH_SESSION', workers: 'BENCH_WORKERS' } as const;

/** A server as people write it, in as many processes as `workers`, running. */
export interface Rival {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export async function startRival(
  scripts: Scripts,
  casePath: string,
  setup: ServingSetup,
  workers: number,
): Promise<Rival> {
  const { PATH, HOME, TMPDIR, LD_LIBRARY_PATH } = process.env;
  const rival = new ListeningProcess({
    name: 'the rival',
    script: scripts('rival-server'),
    env: {
      ...{ PATH, HOME, TMPDIR, LD_LIBRARY_PATH },
      [rivalVariables.casePath]: casePath,
      [rivalVariables.options]: JSON.stringify(sessionOptionsOf(setup, workers)),
      [rivalVariables.workers]: String(workers),
    },
  });
  return { url: await rival.listening, pid: rival.pid, stop: () => rival.stop() };
}
