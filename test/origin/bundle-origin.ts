import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '../..');

export interface Bundles {
  readonly runnerJs: string;
  /** A worker with the handlers of `handlers/test-worker.ts`. */
  readonly workerJs: string;
  remove(): Promise<void>;
}

/** The real entries, bundled as the build bundles them, in a directory of their own. */
export async function bundleOrigin(): Promise<Bundles> {
  const directory = await mkdtemp(join(tmpdir(), 'brink-test-bundle-'));
  const modules = dirname(dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')));
  await symlink(modules, join(directory, 'node_modules'), 'junction');
  await build({
    absWorkingDir: root,
    entryPoints: { runner: 'origin/runner/main.ts', worker: 'test/origin/handlers/test-worker.ts' },
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  return {
    runnerJs: join(directory, 'runner.mjs'),
    workerJs: join(directory, 'worker.mjs'),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
