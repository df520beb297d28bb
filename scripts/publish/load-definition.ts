import { existsSync, realpathSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { z } from 'zod';
import { type Definition, definitionSchema } from '../../models/define.js';
import { nameSchema } from '../../shared/protocol/names.js';
import { PublishError } from './publish-error.js';

export interface LoadedDefinition {
  readonly definition: Definition;
  /** The folder that relative sources stay in: a real path. */
  readonly folder: string;
  /** What was read, for messages. */
  readonly origin: string;
}

export const definitionFiles = ['definition.ts', 'definition.js', 'definition.mjs', 'definition.json'] as const;

/**
 * What is to be published: a folder with a definition, a definition file, or a bare `.onnx` file, which gets a default
 * definition (raw tensors, both tiers) named `name` or as the file is.
 */
export async function loadDefinition(path: string, name?: string): Promise<LoadedDefinition> {
  if (!existsSync(path)) throw new PublishError('no-definition', `there is no file or folder ${path}`);
  const isFolder = statSync(path).isDirectory();
  if (!isFolder && extname(path).toLowerCase() === '.onnx') return bareGraph(path, name);
  const file = isFolder ? definitionIn(path) : path;
  const definition = checked(await valueOf(file), file);
  return { definition: name === undefined ? definition : { ...definition, name }, ...where(file) };
}

const where = (file: string) => ({ folder: realpathSync(dirname(file)), origin: file });

function definitionIn(folder: string): string {
  const file = definitionFiles.map((candidate) => join(folder, candidate)).find((candidate) => existsSync(candidate));
  if (file !== undefined) return file;
  throw new PublishError('no-definition', `expected one of ${definitionFiles.join(', ')} in ${folder}, found none`);
}

function bareGraph(path: string, name?: string): LoadedDefinition {
  const file = basename(path);
  const model = name ?? basename(path, extname(path));
  if (!nameSchema.safeParse(model).success) {
    throw new PublishError('invalid-definition', `"${model}" cannot be a model's name: give one with --name`);
  }
  // How exporters name the weights beside a graph: PyTorch `x.onnx.data`, Transformers `x.onnx_data`.
  const weights = [`${file}.data`, `${file}_data`].filter((sibling) => existsSync(join(dirname(path), sibling)));
  const externalData = Object.fromEntries(weights.map((sibling) => [sibling, { from: sibling }]));
  return {
    definition: checked({ name: model, graphs: { model: { from: file, externalData } } }, path),
    ...where(path),
  };
}

async function valueOf(file: string): Promise<unknown> {
  const extension = extname(file);
  try {
    if (extension === '.json') return JSON.parse(await readFile(file, 'utf8')) as unknown;
    if (['.ts', '.js', '.mjs', '.mts'].includes(extension)) return await importBundled(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PublishError('invalid-definition', `${file} cannot be read: ${reason}`, { cause: error });
  }
  throw new PublishError(
    'no-definition',
    `expected a folder, a definition (.ts .js .mjs .json) or an .onnx file: ${file}`,
  );
}

/** Bundled in memory, so that a definition may be TypeScript and import what it likes; nothing is written. */
async function importBundled(file: string): Promise<unknown> {
  const { build } = await import('esbuild'); // only here: most commands need no bundler
  const result = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
  });
  const code = result.outputFiles[0]?.contents ?? new Uint8Array();
  const url = `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
  const module = (await import(url)) as { default?: unknown; definition?: unknown };
  const value = module.default ?? module.definition;
  if (value === undefined) throw new Error('expected the definition as its default export');
  return value;
}

function checked(value: unknown, file: string): Definition {
  const parsed = definitionSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new PublishError('invalid-definition', `${file} is not a definition:\n${issuesOf(parsed.error)}`);
}

const issuesShownMax = 8;

/** One line for each thing that is wrong: where, and what was expected. */
export function issuesOf(error: z.ZodError): string {
  const lines = error.issues.map(({ path, message }) => `  ${path.map(String).join('.') || '(itself)'}: ${message}`);
  const more = lines.length - issuesShownMax;
  return [...lines.slice(0, issuesShownMax), ...(more > 0 ? [`  and ${more} more`] : [])].join('\n');
}
