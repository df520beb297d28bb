import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { folderOf, removeFolder } from '../../model-folder.js';
import type { TestModel } from '../../../harness/onnx.js';

/** Folders of one test file, and what becomes of them. */
export class PreparedFolders {
  readonly #made: string[] = [];

  async of(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
    const folder = await folderOf(files);
    this.#made.push(folder);
    return folder;
  }

  /** A folder with a definition of this graph, and these members of the definition and of its graph. */
  definition({ bytes }: Pick<TestModel, 'bytes'>, more: object = {}, graph: object = {}): Promise<string> {
    const definition = { name: 'm', graphs: { main: { from: 'a.onnx', ...graph } }, ...more };
    return this.of({ 'definition.json': JSON.stringify(definition), 'a.onnx': bytes });
  }

  async remove(): Promise<void> {
    await Promise.all(this.#made.splice(0).map(removeFolder));
  }
}

/** Runs `work` with a temporary folder of its own for all that this process makes, and `look`s what lies in it then. */
export async function inOwnTmpdir(
  folder: string,
  work: () => Promise<void>,
  look: (left: () => Promise<string[]>) => Promise<void>,
): Promise<void> {
  const own = join(folder, 'tmp');
  await mkdir(own);
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = own;
  try {
    await work();
    await look(() => readdir(own));
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    await rm(own, { recursive: true, force: true });
  }
}

/** The processes that descend from this one, by their id: Linux tells in /proc. */
export async function descendants(): Promise<ReadonlyMap<number, string>> {
  const parents = new Map<number, { parent: number; name: string }>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(join('/proc', entry, 'stat'), 'utf8').catch(() => '');
    const [, name, state, parent] = /^\d+ \((.*)\) (\S) (\d+)/s.exec(stat) ?? [];
    if (name !== undefined && state !== 'Z') parents.set(Number(entry), { parent: Number(parent), name });
  }
  const isOurs = (pid: number): boolean =>
    pid === process.pid || (parents.has(pid) && isOurs(parents.get(pid)!.parent));
  const ours = [...parents].filter(([pid]) => pid !== process.pid && isOurs(pid));
  return new Map(ours.map(([pid, { name }]) => [pid, name]));
}
