import { join } from 'node:path';
import { type ExitInfo, ListeningProcess } from './processes.js';
import { projectRoot } from './project-root.js';

export interface OriginOptions {
  /** 0 or absent: any free port. */
  readonly port?: number;
  readonly edgeUrl: string;
  readonly cacheDir: string;
  /** Over what is said above: tokens, and whatever else origin/config.ts reads. */
  readonly env?: Readonly<Record<string, string>>;
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

export interface LocalOrigin {
  readonly url: string;
  readonly pid: number;
  /** Settles, never rejects. */
  readonly exited: Promise<ExitInfo>;
  readonly kill: (signal: NodeJS.Signals) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** The real origin in a process of its own; resolves when it listens. */
export async function startOrigin(options: OriginOptions): Promise<LocalOrigin> {
  const origin = spawnOrigin(options);
  return {
    url: await origin.listening,
    pid: origin.pid,
    exited: origin.exited,
    kill: (signal) => origin.kill(signal),
    stop: () => origin.stop(),
  };
}

/** The same without waiting. */
export function spawnOrigin({ port = 0, edgeUrl, cacheDir, env = {}, onLine }: OriginOptions): ListeningProcess {
  return new ListeningProcess({
    name: 'the origin',
    script: join(projectRoot(), 'dist', 'origin', 'main.js'),
    env: {
      ...systemEnv(),
      ORIGIN_HOST: '127.0.0.1',
      ORIGIN_PORT: String(port),
      ORIGIN_GRPC_PORT: '0',
      ORIGIN_METRICS_PORT: '0',
      EDGE_URL: edgeUrl,
      ORIGIN_CACHE_DIR: cacheDir,
      ...env,
    },
    ...(onLine === undefined ? {} : { onLine }),
  });
}

/** Of our own environment only what any program needs: a stray variable of the shell must not configure the origin. */
function systemEnv(): Record<string, string | undefined> {
  const { PATH, HOME, TMPDIR, LANG, LD_LIBRARY_PATH } = process.env;
  return { PATH, HOME, TMPDIR, LANG, LD_LIBRARY_PATH };
}
