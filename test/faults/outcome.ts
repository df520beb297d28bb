import type { WireReply } from '../harness/http-client.js';
import type { Reply } from '../harness/stack.js';
import type { GrpcReply, Message } from '../origin/grpc/grpc-client.js';

/** What a request came to, whatever it was asked over. */
export interface Outcome {
  readonly ok: boolean;
  /** `ok`, or the status and the code of the refusal. */
  readonly text: string;
  readonly digest: string | undefined;
  /** Of a refusal: whether it says when to come again. */
  readonly retryAfter: boolean;
  /** The data of the first output. */
  readonly values: readonly number[];
}

export function outcomeOfReply({ status, headers, bytes }: WireReply): Outcome {
  return ofJson(status, bytes.toString(), (name) => headers[name] as string | undefined);
}

export function outcomeOfAsk({ status, headers, bytes }: Reply): Outcome {
  return ofJson(status, new TextDecoder().decode(bytes), (name) => headers.get(name) ?? undefined);
}

function ofJson(status: number, text: string, header: (name: string) => string | undefined): Outcome {
  const json = JSON.parse(text) as { code?: string; outputs?: { data: number[] }[] };
  const ok = status === 200;
  return {
    ok,
    text: ok ? 'ok' : `${status} ${json.code ?? 'without a code'}`,
    digest: header('x-brink-digest'),
    retryAfter: header('retry-after') !== undefined,
    values: json.outputs?.[0]?.data ?? [],
  };
}

export function outcomeOfGrpc({ status, code, message, trailers }: GrpcReply): Outcome {
  const ok = status === 'OK';
  return {
    ok,
    text: ok ? 'ok' : `${status} ${code ?? 'without a code'}`,
    digest: trailers['x-brink-digest'],
    retryAfter: trailers['retry-after'] !== undefined || trailers['grpc-retry-pushback-ms'] !== undefined,
    values: ok ? floatsOf(message) : [],
  };
}

/** Of FP32, raw or typed: as the request had its inputs. */
function floatsOf(message: Message): number[] {
  const [raw] = message['raw_output_contents'] as Buffer[];
  const [output] = message['outputs'] as { contents?: { fp32_contents: number[] } }[];
  if (raw === undefined) return output?.contents?.fp32_contents ?? [];
  return Array.from({ length: raw.length / 4 }, (_, index) => raw.readFloatLE(index * 4));
}

/** How often each thing came out. */
export function tally(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { text } of outcomes) counts[text] = (counts[text] ?? 0) + 1;
  return counts;
}
