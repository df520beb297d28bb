import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { Response } from 'miniflare';
import type { ModelHost } from '../../edge/host/model-host.js';
import type { ControlPlane } from '../../edge/control/control-plane.js';
import { workerOptions } from '../../scripts/build/worker-options.mjs';
import { type EdgeLogLine, type EdgeOptions, type LocalEdge, startEdge } from '../../scripts/local/edge.js';
import { projectRoot } from '../../scripts/local/project-root.js';

const bundles = new Map<string, Promise<string>>();

/** A Worker of the tests (a path from the project's root) bundled as the real one is; once per test file. */
export function bundleWorker(source: string): Promise<string> {
  let bundle = bundles.get(source);
  if (bundle === undefined) bundles.set(source, (bundle = bundleOnce(source)));
  return bundle;
}

async function bundleOnce(source: string): Promise<string> {
  const outdir = await mkdtemp(join(tmpdir(), 'brink-worker-'));
  await build({ ...workerOptions, absWorkingDir: projectRoot(), entryPoints: { worker: source }, outdir });
  return outdir;
}

/** The edge's insides, reached from the test: what its own code calls, called from Node. */
export interface TestEdge extends LocalEdge {
  readonly host: Pick<ModelHost, 'infer' | 'predict' | 'prefetch' | 'status'>;
  readonly bucket: R2Bucket;
  /** Puts a body into the cache of the data centre. */
  cachePut(url: string, body: string): Promise<void>;
  control(model: string): DurableObjectStub<ControlPlane>;
  /** Resolves with the first line, past or future, of this event and with these members. */
  logged(event: string, members?: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
  readonly lines: readonly EdgeLogLine[];
}

interface TestEdgeOptions extends Partial<EdgeOptions> {
  readonly source?: string;
  readonly hostEntrypoint?: string;
}

/** An edge in workerd from the sources as they are now, with a binding to its ModelHost. */
export async function startTestEdge(options: TestEdgeOptions = {}): Promise<TestEdge> {
  const { source = 'edge/worker.ts', hostEntrypoint = 'ModelHost', ...rest } = options;
  const log = new LogLines();
  const name = 'brink-edge';
  const edge = await startEdge({
    vars: {},
    bundle: await bundleWorker(source),
    onLog: (line) => log.add(line),
    ...rest,
    name,
    miniflare: { serviceBindings: { HOST: { name, entrypoint: hostEntrypoint } }, ...rest.miniflare },
  });
  const { HOST } = await edge.miniflare.getBindings<{ HOST: TestEdge['host'] }>();
  const bucket = (await edge.miniflare.getR2Bucket('BLOBS')) as unknown as R2Bucket;
  const caches = await edge.miniflare.getCaches();
  const objects = (await edge.miniflare.getDurableObjectNamespace('CONTROL')) as unknown as DurableObjectNamespace<ControlPlane>; // prettier-ignore
  return {
    ...edge,
    host: HOST,
    bucket,
    cachePut: (url, body) =>
      caches.default.put(url, new Response(body, { headers: { 'cache-control': 'max-age=1000' } })),
    control: (model) => objects.get(objects.idFromName(model)),
    logged: (event, members = {}) => log.first({ event, ...members }),
    lines: log.lines,
  };
}

type Members = Readonly<Record<string, unknown>>;

/** Lines as they come: they take their own way out of workerd, and may arrive after the answer that they are about. */
class LogLines {
  readonly lines: EdgeLogLine[] = [];
  #waiting: { members: Members; resolve: (line: Record<string, unknown>) => void }[] = [];

  add(line: EdgeLogLine): void {
    this.lines.push(line);
    this.#waiting = this.#waiting.filter(({ members, resolve }) => {
      const found = matches(line, members);
      if (found) resolve(asJson(line));
      return !found;
    });
  }

  first(members: Members): Promise<Record<string, unknown>> {
    const found = this.lines.find((line) => matches(line, members));
    if (found !== undefined) return Promise.resolve(asJson(found));
    return new Promise((resolve) => this.#waiting.push({ members, resolve }));
  }
}

function matches(line: EdgeLogLine, members: Members): boolean {
  const logged = asJson(line);
  return Object.entries(members).every(([name, value]) => logged[name] === value);
}

function asJson({ message }: EdgeLogLine): Record<string, unknown> {
  return message.startsWith('{') ? (JSON.parse(message) as Record<string, unknown>) : {};
}
