import { readFile } from 'node:fs/promises';
import type { AdminClient } from '../client/admin-client.js';
import { RemoteError, UnreachableError } from '../client/remote-error.js';
import type { Sample } from './model-folders.js';

/** The origin fetches and loads what was just promoted, and says 503 until then. */
const triesMax = 120;
const tryEveryMs = 250;

/** Sends a model its sample until it answers: what a first caller would else wait for is loaded then. */
export async function firstAnswer(
  client: AdminClient,
  model: string,
  sample: Sample,
  wait: (ms: number) => Promise<void>,
): Promise<string> {
  const body = await readFile(sample.file);
  const path = `/v1/models/${model}/predict`;
  for (let left = triesMax - 1; ; left -= 1) {
    try {
      const headers = { 'content-type': sample.contentType };
      return summaryOf((await client.http.call({ method: 'POST', path, body, headers })).text);
    } catch (error) {
      if (left === 0 || !mayPass(error)) throw error;
      await wait(tryEveryMs);
    }
  }
}

function mayPass(error: unknown): boolean {
  if (error instanceof UnreachableError) return true;
  return error instanceof RemoteError && (error.status >= 500 || error.status === 404 || error.status === 429);
}

const summaryLengthMax = 100;

/** The answer's text where it has one, else the beginning of its JSON. */
function summaryOf(json: string): string {
  const answer = JSON.parse(json) as { text?: unknown } | null;
  const text =
    typeof answer === 'object' && typeof answer?.text === 'string' ? `"${answer.text}"` : JSON.stringify(answer);
  return text.length > summaryLengthMax ? `${text.slice(0, summaryLengthMax)} …` : text;
}
