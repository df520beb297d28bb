import { relative } from 'node:path';
import { brinkLine, keyVariable, type PasteFacts } from './paste-lines.js';

export interface BannerFacts {
  readonly paste: PasteFacts;
  readonly originUrl: string | undefined;
  readonly grpcPort: number;
  readonly metricsPort: number;
  readonly seconds: number;
  /** Lines to paste, as `predictLine` makes them. */
  readonly tryLines: readonly string[];
}

/** What is where, and what to try first. */
export function banner({ paste, originUrl, grpcPort, metricsPort, seconds, tryLines }: BannerFacts): string {
  const { edgeUrl, withKey } = paste;
  const home = shownHome(paste);
  const key = ` with ${keyVariable} set to a token of INFERENCE_KEYS (what follows its "name=")`;
  const lines = [...tryLines, `curl ${edgeUrl}/v2/health/ready`, brinkLine(paste, 'models')];
  return [
    '',
    `Brink is up after ${seconds.toFixed(1)} s. Ctrl-C ends it.`,
    '',
    `  edge    ${edgeUrl}   (its API: ${edgeUrl}/openapi.json)`,
    ...(originUrl === undefined
      ? []
      : [
          `  origin  ${originUrl}, gRPC 127.0.0.1:${grpcPort}   (they need the key in ${home}/credentials.json: originKey)`,
          `  metrics http://127.0.0.1:${metricsPort}/metrics   (the same key)`,
        ]),
    `  state   ${home}   (admin token in credentials.json, logs in logs/)`,
    '',
    `Try, in this folder${withKey ? `,${key}` : ''}:`,
    ...lines.map((line) => `  ${line}`),
  ].join('\n');
}

/** The state folder as seen from the working folder, when it is below it. */
function shownHome({ cwd, home }: PasteFacts): string {
  const fromHere = relative(cwd, home);
  return fromHere === '' || fromHere.startsWith('..') ? home : fromHere;
}
