import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issuesOf } from '../load-definition.js';
import { PublishError } from '../publish-error.js';
import { type Plan, planSchema } from './plan.js';

/** Beside the definition. */
export const planFile = 'plan.json';
const planBytesMax = 1024 * 1024;

/** The plan in a folder, or in the file itself if `path` ends in `.json`; undefined: there is none. Throws `invalid-plan`. */
export async function readPlan(path: string): Promise<Plan | undefined> {
  const file = pathOf(path);
  const text = await textOf(file);
  if (text === undefined) return undefined;
  const parsed = planSchema.safeParse(jsonOf(text, file));
  if (parsed.success) return parsed.data;
  throw new PublishError('invalid-plan', `${file} is not a plan:\n${issuesOf(parsed.error)}`);
}

/** Where it was written. */
export async function writePlan(path: string, plan: Plan): Promise<string> {
  const file = pathOf(path);
  await writeFile(file, `${JSON.stringify(planSchema.parse(plan), undefined, 2)}\n`);
  return file;
}

const pathOf = (path: string): string => (path.endsWith('.json') ? path : join(path, planFile));

async function textOf(file: string): Promise<string | undefined> {
  try {
    const { size } = await stat(file);
    if (size > planBytesMax) {
      throw new PublishError('invalid-plan', `expected ${file} to have at most ${planBytesMax} bytes, got ${size}`);
    }
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (error instanceof PublishError) throw error;
    throw new PublishError('invalid-plan', `${file} cannot be read`, { cause: error });
  }
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new PublishError('invalid-plan', `${file} is not JSON: ${what}`, { cause: error });
  }
}
