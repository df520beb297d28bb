import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModuleDefinition } from 'miniflare';

/** The modules of a folder that esbuild wrote: `worker.js` and the wasm beside it. */
export function workerBundle(folder: string): ModuleDefinition[] {
  const main = join(folder, 'worker.js');
  if (!existsSync(main)) throw new Error('the Worker is not built: run "node scripts/build.mjs" first');
  const wasm = readdirSync(folder).filter((file) => file.endsWith('.wasm'));
  return [
    { type: 'ESModule', path: 'worker.js', contents: readFileSync(main, 'utf8') },
    ...wasm.map((file): ModuleDefinition => ({
      type: 'CompiledWasm',
      path: file,
      contents: new Uint8Array(readFileSync(join(folder, file))),
    })),
  ];
}
