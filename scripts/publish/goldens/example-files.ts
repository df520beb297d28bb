import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { badExamples } from './example.js';
import { exampleLimits } from './example-limits.js';

export interface ExampleFile {
  /** For messages: the path in the folder that was given. */
  readonly from: string;
  /** The graph whose folder it is in; undefined for one that lies beside those. */
  readonly graph: string | undefined;
  readonly bytes: Uint8Array;
}

/**
 * A file, or all files of a folder and of its folders that are called as a graph; those that begin with a dot are left
 * out. The same order on every machine. Throws PublishError `bad-examples`.
 */
export async function exampleFiles(path: string, graphs: readonly string[]): Promise<ExampleFile[]> {
  const given = await stat(path).catch((error: unknown) => {
    throw badExamples(`expected a file or folder of examples, there is no ${path}`, error);
  });
  if (!given.isDirectory())
    return [{ from: basename(path), graph: undefined, bytes: await read(path, basename(path)) }];
  const files: ExampleFile[] = [];
  const add = async (folder: string, graph: string | undefined): Promise<void> => {
    // Code units, not the locale's order.
    for (const name of (await readdir(folder)).sort()) {
      if (name.startsWith('.')) continue;
      const from = graph === undefined ? name : `${graph}/${name}`;
      const full = join(folder, name);
      if ((await lstat(full)).isDirectory()) {
        if (graph !== undefined || !graphs.includes(name)) {
          throw badExamples(
            `expected folders of examples to be called as a graph (${graphs.join(', ')}), got "${from}"`,
          );
        }
        await add(full, name);
        continue;
      }
      if (files.length === exampleLimits.files) {
        throw badExamples(`expected at most ${exampleLimits.files} files of examples in ${path}, got more`);
      }
      files.push({ from, graph, bytes: await read(full, from) });
    }
  };
  await add(path, undefined);
  if (files.length === 0) throw badExamples(`expected examples in ${path}, it has no file`);
  return files;
}

async function read(path: string, from: string): Promise<Uint8Array> {
  const found = await stat(path).catch((error: unknown) => {
    throw badExamples(`example ${from}: it cannot be read`, error);
  });
  if (!found.isFile()) throw badExamples(`example ${from}: expected a regular file`);
  if (found.size > exampleLimits.fileBytes) {
    throw badExamples(`example ${from}: expected at most ${exampleLimits.fileBytes} bytes, got ${found.size}`);
  }
  return readFile(path);
}
