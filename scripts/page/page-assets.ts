import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../local/project-root.js';
import type { PageAssets } from './page-shell.js';

/** Files of one page, as paths from the project's root. */
export interface PageFiles {
  readonly script: string;
  /** Beside the style that all pages have. */
  readonly style?: string;
}

/** A page's own script and style, the style of all pages, and the chart library as it is installed. */
export async function pageAssets(files: PageFiles): Promise<PageAssets> {
  const root = projectRoot();
  const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');
  const [shared, own, script, chartStyle, chartScript] = await Promise.all([
    read('scripts/page/page-style.css'),
    files.style === undefined ? '' : read(files.style),
    read(files.script),
    read('node_modules/uplot/dist/uPlot.min.css'),
    read('node_modules/uplot/dist/uPlot.iife.min.js'),
  ]);
  return { style: `${shared}${own}`, script, chartStyle, chartScript };
}
