import type { PublishResult } from '../publish/publish.js';
import type { PublishReport } from '../publish/report/publish-report.js';
import { reportText } from '../publish/report/report-text.js';
import { humanBytes, plural, shortDigest } from './format.js';

/** What publishing came to, and what to do next. */
export function publishedText(result: PublishResult, report: PublishReport, written: readonly string[]): string {
  const { model, version, digest, added, stable, uploadedBlobs, uploadedBytes, blobs, bytes } = result;
  const sent = `${plural(uploadedBlobs, 'file')} uploaded (${humanBytes(uploadedBytes)} of ${humanBytes(bytes)} in ${blobs})`;
  const first = added
    ? `published ${model} ${version} (${shortDigest(digest)}): ${uploadedBlobs === 0 ? 'every file was there already' : sent}`
    : `already published as ${version} (${shortDigest(digest)}): nothing was uploaded`;
  const next =
    stable === version
      ? `${model} serves it.`
      : `${model} serves ${stable ?? 'nothing yet'}. To serve this: brink promote ${model} ${version}`;
  const files = written.length === 0 ? [] : [`written: ${written.join(', ')}`];
  return [reportText(report), '', first, ...files, next].join('\n');
}
