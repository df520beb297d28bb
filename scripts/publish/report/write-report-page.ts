import { type PageFiles, pageAssets } from '../../page/page-assets.js';
import { writePage } from '../../page/write-page.js';
import type { PublishReport } from './publish-report.js';
import { reportPage } from './report-page.js';

export const reportPageFiles: PageFiles = {
  script: 'scripts/publish/report/page-script.js',
  style: 'scripts/publish/report/report-style.css',
};

/** Writes the report as a page. Throws a UsageError when the file cannot be written. */
export async function writeReportPage(file: string, report: PublishReport): Promise<void> {
  await writePage(file, reportPage(report, await pageAssets(reportPageFiles)));
}
