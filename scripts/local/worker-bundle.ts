import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A module as Miniflare takes it (its own types are made with another zod than ours, and come out as `any`). */
export interface WorkerModule {
  readonly type: 'ESModule' | 'CompiledWasm';
  readonly path: string;
  readonly contents: string | Uint8Array;
}

/** The modules of a folder that esbuild wrote: `worker.js` and the wasm beside it. */
export function workerBundle(folder: string): WorkerModule[] {
  const main = join(folder, 'worker.js');
  if (!existsSync(main)) throw new Error('the Worker is not built: run "node scripts/build.mjs" first');
  const wasm = readdirSync(folder).filter((file) => file.endsWith('.wasm'));
  return [
    { type: 'ESModule', path: 'worker.js', contents: readFileSync(main, 'utf8') },
    ...wasm.map((file): WorkerModule => ({
      type: 'CompiledWasm',
      path: file,
      contents: new Uint8Array(readFileSync(join(folder, file))),
    })),
  ];
}
