import { existsSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { definitionFiles } from '../publish/load-definition.js';

/** Published before the others: the first answer waits for it. */
export const firstModel = 'ocr-line';

export interface ModelFolder {
  readonly model: string;
  readonly folder: string;
}

/** The folders of models/ that hold a model, the first one first. A folder has its model's name. */
export function modelFolders(projectRoot: string): ModelFolder[] {
  const models = join(projectRoot, 'models');
  const found = readdirSync(models, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ model: name, folder: join(models, name) }))
    .filter(({ folder }) => definitionFiles.some((file) => existsSync(join(folder, file))));
  return found.sort((a, b) => Number(b.model === firstModel) - Number(a.model === firstModel) || (a.model < b.model ? -1 : 1)); // prettier-ignore
}

const mediaTypes: Readonly<Record<string, string>> = { '.png': 'image/png', '.jpg': 'image/jpeg', '.wav': 'audio/wav' };

export interface Sample {
  readonly file: string;
  readonly contentType: string;
}

/** The model's own example of an input: `sample.png`, `sample.jpg` or `sample.wav` in its folder. */
export function sampleOf(folder: string): Sample | undefined {
  const name = readdirSync(folder).find((entry) => entry.startsWith('sample.') && extname(entry) in mediaTypes);
  if (name === undefined) return undefined;
  return { file: join(folder, name), contentType: mediaTypes[extname(name)] ?? '' };
}
