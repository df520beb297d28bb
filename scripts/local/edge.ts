import { join } from 'node:path';
import { Miniflare } from 'miniflare';
import { guardWorkerd } from './guard-workerd.js';
import { projectRoot } from './project-root.js';
import { workerBundle } from './worker-bundle.js';
import { workerConfig } from './worker-config.js';

/** A line that the Worker (or workerd itself) wrote. */
export interface EdgeLogLine {
  readonly level: string;
  readonly message: string;
}

export interface EdgeOptions {
  /** 0 or absent: any free port. */
  readonly port?: number;
  readonly host?: string;
  /** Where R2, cache and Durable Objects keep their state; absent: in a temporary folder, gone after `dispose`. */
  readonly stateDir?: string;
  /** Vars and secrets, over those of wrangler.toml. */
  readonly vars: Readonly<Record<string, string>>;
  readonly name?: string;
  /** A folder with `worker.js` and its wasm; default dist/edge. */
  readonly bundle?: string;
  /** Default: our own JSON lines and errors to standard output. */
  readonly onLog?: (line: EdgeLogLine) => void;
  /** More options of Miniflare, over all others: tests add bindings, or take the cache away. */
  readonly miniflare?: Readonly<Record<string, unknown>>;
}

export interface LocalEdge {
  readonly url: string;
  /** The Worker again with these vars over the present ones: a new isolate, the same port and state. */
  setVars(vars: Readonly<Record<string, string>>): Promise<void>;
  /** Ends workerd; again is fine. */
  dispose(): Promise<void>;
  /** For tests: bindings, caches and objects of the running instance. */
  readonly miniflare: Miniflare;
}

/** The real Worker in workerd. One instance is one data centre: its own cache, R2 and objects. */
export async function startEdge(options: EdgeOptions): Promise<LocalEdge> {
  const root = projectRoot();
  guardWorkerd(root);
  const config = workerConfig(root);
  const modules = workerBundle(options.bundle ?? join(root, 'dist', 'edge'));
  const { host = '127.0.0.1', onLog = printOwnLines } = options;
  let port = options.port ?? 0;
  let vars = { ...config.bindings, ...options.vars };

  const miniflareOptions = () => ({
    ...config,
    ...(options.name === undefined ? {} : { name: options.name }),
    modules,
    bindings: vars,
    host,
    port,
    cf: false, // else Miniflare asks the network for the location of this machine
    handleStructuredLogs: (line: EdgeLogLine) => {
      onLog(line); // Miniflare throws when this answers anything
    },
    ...persistence(options.stateDir),
    ...options.miniflare,
  });

  const miniflare = new Miniflare(miniflareOptions());
  const url = await ready(miniflare, host, port);
  port = Number(url.port);
  let disposed: Promise<void> | undefined;
  return {
    url: url.origin,
    miniflare,
    dispose: () => (disposed ??= miniflare.dispose()),
    async setVars(next) {
      vars = { ...vars, ...next };
      await miniflare.setOptions(miniflareOptions());
    },
  };
}

function persistence(stateDir: string | undefined): {
  r2Persist?: string;
  cachePersist?: string;
  durableObjectsPersist?: string;
} {
  if (stateDir === undefined) return {};
  return {
    r2Persist: join(stateDir, 'r2'),
    cachePersist: join(stateDir, 'cache'),
    durableObjectsPersist: join(stateDir, 'objects'),
  };
}

async function ready(miniflare: Miniflare, host: string, port: number): Promise<URL> {
  try {
    return await miniflare.ready;
  } catch (error) {
    await miniflare.dispose().catch(() => undefined); // it failed to start: what went wrong is said below
    if ((error as { code?: string }).code === 'ERR_ADDRESS_IN_USE') {
      throw new Error(`the edge cannot listen on ${host}:${port}: another program does`, { cause: error });
    }
    throw error;
  }
}

/** workerd's own remarks are noise to an operator: our lines are JSON, and errors are shown whoever wrote them. */
function printOwnLines({ level, message }: EdgeLogLine): void {
  if (message.startsWith('{') || level === 'error') process.stdout.write(`${message}\n`);
}
