import type { OnReadOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { toBrinkError, toFailure } from '../../shared/errors/brink-error.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import { encodeFrame, type Frame } from './frame.js';
import { FrameReader } from './frame-reader.js';
import type { RunnerReply, RunnerRequest } from './messages.js';
import { RssGauge } from './rss-gauge.js';
import { Sessions } from './sessions.js';
import type { Slab } from './slab.js';
import { wholeTensor } from './whole-tensor.js';

/** Of what goes to the log about a failure. */
const detailLengthMax = 2_000;

/**
 * Answers the server's messages, one after the other in the order in which they came, until the stream ends. Resolves
 * then; rejects when the stream holds something that is no frame. Without slabs, tensors travel in their frames. `connect` opens the stream with the given way of
 * reading. How much waits here is up to the server, which asks for a run at a time.
 */
export function serveRunner(
  connect: (onread: OnReadOpts) => Duplex,
  slabs: { readonly inputs: Slab; readonly outputs: Slab } | undefined,
): Promise<void> {
  const reader = new FrameReader({ slab: slabs?.inputs });
  const answers = new Answers(slabs?.outputs);
  return new Promise((resolve, reject) => {
    const stream = connect({
      buffer: () => reader.space(),
      callback: (bytes) => {
        try {
          answers.add(reader.filled(bytes), stream);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
        return true;
      },
    });
    stream.once('error', reject);
    stream.once('end', resolve);
    stream.once('close', resolve);
  });
}

/** What is to be answered, in order. */
class Answers {
  readonly #waiting: Frame[] = [];
  readonly #sessions = new Sessions();
  readonly #memory = new RssGauge(
    () => performance.now(),
    () => process.memoryUsage.rss(),
  );
  readonly #slab: Slab | undefined;
  #busy = false;

  constructor(slab: Slab | undefined) {
    this.#slab = slab;
  }

  add(frames: readonly Frame[], stream: Duplex): void {
    this.#waiting.push(...frames);
    if (!this.#busy) void this.#answerAll(stream);
  }

  async #answerAll(stream: Duplex): Promise<void> {
    this.#busy = true;
    for (let frame = this.#waiting.shift(); frame !== undefined; frame = this.#waiting.shift()) {
      send(stream, await this.#answer(frame));
    }
    this.#busy = false;
  }

  /** Never rejects. */
  async #answer({ header, tensors }: Frame): Promise<readonly Uint8Array[]> {
    const request = header as RunnerRequest; // the server is this program's own parent: nobody else holds the socket
    try {
      const [reply, outputs] = await this.#replyTo(request, tensors);
      const slab = request.type === 'run' && request.slab ? this.#slab : undefined;
      return encodeFrame(reply, outputs.map(wholeTensor), { slab });
    } catch (error) {
      const id = request.type === 'load' ? null : request.id;
      const { cause } = toBrinkError(error);
      const said = cause instanceof Error ? cause.message : '';
      const detail = (request.type === 'run' ? withoutNumbers(said) : said).slice(0, detailLengthMax);
      return encodeFrame({ type: 'failed', id, failure: toFailure(error), detail } satisfies RunnerReply, []);
    }
  }

  async #replyTo(request: RunnerRequest, inputs: readonly Tensor[]): Promise<[RunnerReply, readonly Tensor[]]> {
    switch (request.type) {
      case 'load': {
        const graphs = await this.#sessions.load(request);
        return [{ type: 'loaded', graphs, rssBytes: this.#memory.rssBytes() }, []];
      }
      case 'run': {
        const { outputs, ...times } = await this.#sessions.run(request.graph, inputs);
        return [{ type: 'result', id: request.id, ...times, rssBytes: this.#memory.rssBytes() }, outputs];
      }
      case 'ping':
        return [{ type: 'pong', id: request.id, rssBytes: this.#memory.rssBytes() }, []];
      case 'backends':
        return [{ type: 'backends', id: request.id, names: await this.#sessions.backends() }, []];
    }
  }
}

/** What onnxruntime says of inputs quotes their values (an index out of range, say): no input goes to a log. */
const withoutNumbers = (text: string): string => text.replaceAll(/(?<![\w.])-?\d+(\.\d+)?(e[+-]?\d+)?(?!\w)/gi, '#');

function send(stream: Duplex, chunks: readonly Uint8Array[]): void {
  stream.cork();
  for (const chunk of chunks) stream.write(chunk);
  stream.uncork();
}
