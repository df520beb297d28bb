import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { workerOptions } from '../../scripts/build/worker-options.mjs';

export interface Sabotage {
  /** The source file whose text is changed. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** The Worker with one line of it changed, bundled into a folder of its own: tests must notice the change. */
export async function sabotagedWorker({ file, find, replace }: Sabotage): Promise<string> {
  const outdir = await mkdtemp(join(tmpdir(), 'brink-sabotage-'));
  let hits = 0;
  await build({
    ...workerOptions,
    sourcemap: false,
    entryPoints: { worker: 'edge/worker.ts' },
    outdir,
    plugins: [
      {
        name: 'sabotage',
        setup(plugin) {
          plugin.onLoad({ filter: new RegExp(`${file.replaceAll('.', '\\.')}$`) }, ({ path }) => {
            const text = readFileSync(path, 'utf8');
            hits += text.split(find).length - 1;
            return { contents: text.replace(find, replace), loader: 'ts' };
          });
        },
      },
    ],
  });
  if (hits !== 1) throw new Error(`expected to sabotage one place of ${file}, found ${hits}`);
  return outdir;
}
