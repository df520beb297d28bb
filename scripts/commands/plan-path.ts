import { statSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { planFile } from '../publish/plan/plan-file.js';

/**
 * Where the plan of what is published lies: as asked for, else in the definition's folder; of a bare `a.onnx` beside it
 * as `a.plan.json`, because a folder may hold several.
 */
export function planPathOf(published: string, asked: string | false | undefined): string {
  if (typeof asked === 'string') return asked;
  if (extname(published).toLowerCase() === '.onnx') return published.replace(/\.onnx$/i, `.${planFile}`);
  const isFolder = statSync(published, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder ? published : dirname(published);
}
