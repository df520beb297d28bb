import { relative } from 'node:path';
import type { Sample } from './model-folders.js';

export interface BannerFacts {
  readonly edgeUrl: string;
  readonly originUrl: string | undefined;
  /** The state folder, as seen from the working folder. */
  readonly home: string;
  readonly seconds: number;
  /** Lines to paste, as `predictLine` makes them. */
  readonly tryLines: readonly string[];
}

/** What is where, and what to try first. */
export function banner({ edgeUrl, originUrl, home, seconds, tryLines }: BannerFacts): string {
  return [
    '',
    `Brink is up after ${seconds.toFixed(1)} s. Ctrl-C ends it.`,
    '',
    `  edge    ${edgeUrl}   (its API: ${edgeUrl}/openapi.json)`,
    ...(originUrl === undefined ? [] : [`  origin  ${originUrl}`]),
    `  state   ${home}   (admin token in credentials.json, logs in logs/)`,
    '',
    'Try, in this folder:',
    ...tryLines,
    `  curl ${edgeUrl}/v2/health/ready`,
    '  npx brink models',
  ].join('\n');
}

/** A line to paste that sends the model its sample. */
export function predictLine(edgeUrl: string, model: string, { file, contentType }: Sample, cwd: string): string {
  const path = quoted(relative(cwd, file));
  return `  curl -H 'content-type: ${contentType}' --data-binary @${path} ${edgeUrl}/v1/models/${model}/predict`;
}

/** For a POSIX shell. */
const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);
