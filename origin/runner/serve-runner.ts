import type { Duplex } from 'node:stream';
import { toBrinkError, toFailure } from '../../shared/errors/brink-error.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import { RssGauge } from './rss-gauge.js';
import { encodeFrame, type Frame } from './frame.js';
import { FrameReader } from './frame-reader.js';
import type { RunnerReply, RunnerRequest } from './messages.js';
import { Sessions } from './sessions.js';
import { wholeTensor } from './whole-tensor.js';

/** Of what goes to the log about a failure. */
const detailLengthMax = 2_000;

/**
 * Answers the server's messages, one after the other in the order in which they came, until the stream ends. Resolves
 * then; rejects when the stream holds something that is no frame.
 */
const memory = new RssGauge(
  () => performance.now(),
  () => process.memoryUsage.rss(),
);

export async function serveRunner(stream: Duplex): Promise<void> {
  const sessions = new Sessions();
  const reader = new FrameReader();
  for await (const chunk of stream) {
    for (const frame of reader.push(chunk as Uint8Array)) await answer(stream, sessions, frame);
  }
}

async function answer(stream: Duplex, sessions: Sessions, { header, tensors }: Frame): Promise<void> {
  const request = header as RunnerRequest; // the server is this program's own parent: nobody else holds the socket
  try {
    const [reply, outputs] = await replyTo(sessions, request, tensors);
    send(stream, encodeFrame(reply, outputs.map(wholeTensor)));
  } catch (error) {
    const id = request.type === 'load' ? null : request.id;
    const { cause } = toBrinkError(error);
    const detail = (cause instanceof Error ? cause.message : '').slice(0, detailLengthMax);
    send(stream, encodeFrame({ type: 'failed', id, failure: toFailure(error), detail } satisfies RunnerReply, []));
  }
}

async function replyTo(
  sessions: Sessions,
  request: RunnerRequest,
  inputs: readonly Tensor[],
): Promise<[RunnerReply, readonly Tensor[]]> {
  switch (request.type) {
    case 'load':
      return [{ type: 'loaded', graphs: await sessions.load(request) }, []];
    case 'run': {
      const { outputs, inferMs } = await sessions.run(request.graph, inputs);
      return [{ type: 'result', id: request.id, inferMs, rssBytes: memory.rssBytes() }, outputs];
    }
    case 'ping':
      return [{ type: 'pong', id: request.id, rssBytes: memory.rssBytes() }, []];
  }
}

function send(stream: Duplex, chunks: readonly Uint8Array[]): void {
  stream.cork();
  for (const chunk of chunks) stream.write(chunk);
  stream.uncork();
}
