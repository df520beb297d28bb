import type { HttpAnswer } from '../client/http-client.js';
import { headers } from '../../shared/protocol/headers.js';
import type { CommonFlags } from './common-options.js';
import type { Answer, Run } from './run-command.js';
import { printable } from './terminal.js';

export interface DataPlaneFlags extends CommonFlags {
  readonly version?: string;
  readonly serveOn?: 'edge' | 'origin';
}

/** `/v2/models/m` or `/v2/models/m/versions/v`, under another prefix for `predict`. */
export function modelPath(prefix: '/v1' | '/v2', model: string, version: string | undefined): string {
  const base = `${prefix}/models/${encodeURIComponent(model)}`;
  return version === undefined ? base : `${base}/versions/${encodeURIComponent(version)}`;
}

/** Headers for what the caller wishes of the answer. A deadline of the call is one for the server too. */
export function wishHeaders({ timeout, serveOn }: DataPlaneFlags): Record<string, string> {
  return {
    ...(timeout === undefined ? {} : { [headers.timeoutMs]: String(timeout) }),
    ...(serveOn === undefined ? {} : { [headers.serveOn]: serveOn }),
  };
}

/** The server waits no longer than the deadline that it was told; a little later its own word on it is here. */
export const hopMs = 500;

/**
 * Who answered, and what. The answer goes into the JSON document as the server wrote it: integers of 64 bits survive
 * that would not survive being parsed.
 */
export function servedAnswer(answer: HttpAnswer, { note, colors }: Run, draw: (text: string) => string): Answer {
  const header = (name: string): string | null => answer.headers.get(name);
  const by = {
    model: header(headers.model),
    version: header(headers.version),
    digest: header(headers.digest),
    servedBy: header(headers.servedBy),
    epoch: header(headers.epoch) === null ? null : Number(header(headers.epoch)),
  };
  return {
    json: `${JSON.stringify(by).slice(0, -1)},"answer":${answer.text.trim()}}`,
    text: () => {
      const loading = by.servedBy === 'origin' && header(headers.attempts)?.startsWith('edge:loading') === true;
      const why = loading ? ' (the edge is still loading it)' : '';
      note(colors.dim(printable(`${by.model ?? '?'} ${by.version ?? '?'}, served by the ${by.servedBy ?? '?'}${why}`)));
      return printable(draw(answer.text));
    },
  };
}
