import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../commands/usage-error.js';
import { projectRoot } from '../../local/project-root.js';
import { loadPage, type PageAssets } from './load-page.js';
import type { LoadReport } from './load-report.js';

/** Writes the report as a page. Throws a UsageError when the file cannot be written. */
export async function writePage(file: string, report: LoadReport): Promise<void> {
  const page = loadPage(report, await pageAssets());
  await writeFile(file, page).catch((error: unknown) => {
    const why = (error as NodeJS.ErrnoException).code ?? 'it cannot be written';
    throw new UsageError(`cannot write ${file}: ${why}`, { cause: error });
  });
}

/** The page's own style and script, and the chart library's as it is installed. */
export async function pageAssets(): Promise<PageAssets> {
  const root = projectRoot();
  const read = (...path: string[]): Promise<string> => readFile(join(root, ...path), 'utf8');
  const [style, script, chartStyle, chartScript] = await Promise.all([
    read('scripts', 'load', 'report', 'page-style.css'),
    read('scripts', 'load', 'report', 'page-script.js'),
    read('node_modules', 'uplot', 'dist', 'uPlot.min.css'),
    read('node_modules', 'uplot', 'dist', 'uPlot.iife.min.js'),
  ]);
  return { style, script, chartStyle, chartScript };
}
