import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

/** A module as Miniflare takes it (its own types are made with another zod than ours, and come out as `any`). */
export interface WorkerModule {
  readonly type: 'ESModule' | 'CompiledWasm' | 'Data';
  readonly path: string;
  readonly contents: string | Uint8Array;
}

const moduleTypes: Readonly<Record<string, WorkerModule['type']>> = { '.wasm': 'CompiledWasm', '.bin': 'Data' };

/** The modules of a folder that esbuild wrote: `worker.js`, and the wasm and data beside it. */
export function workerBundle(folder: string): WorkerModule[] {
  const main = join(folder, 'worker.js');
  if (!existsSync(main)) throw new Error('the Worker is not built: run "node scripts/build.mjs" first');
  const imported = readdirSync(folder).flatMap((path): WorkerModule[] => {
    const type = moduleTypes[extname(path)];
    return type === undefined ? [] : [{ type, path, contents: new Uint8Array(readFileSync(join(folder, path))) }];
  });
  return [{ type: 'ESModule', path: 'worker.js', contents: readFileSync(main, 'utf8') }, ...imported];
}
