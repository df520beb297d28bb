import { type PageFiles, pageAssets } from '../../page/page-assets.js';
import { writePage } from '../../page/write-page.js';
import { loadPage } from './load-page.js';
import type { LoadReport } from './load-report.js';

export const loadPageFiles: PageFiles = { script: 'scripts/load/report/page-script.js' };

/** Writes the report as a page. Throws a UsageError when the file cannot be written. */
export async function writeLoadPage(file: string, report: LoadReport): Promise<void> {
  await writePage(file, loadPage(report, await pageAssets(loadPageFiles)));
}
