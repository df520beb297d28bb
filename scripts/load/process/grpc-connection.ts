import {
  Client,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
  status as grpcStatus,
} from '@grpc/grpc-js';
import type { GrpcTarget, LoadBody } from '../load-plan.js';
import type { AnswerChecker } from './answer-checker.js';
import { type LoadConnection, type Outcome, timedOut } from './load-connection.js';

const asIs = (bytes: Buffer): Buffer => bytes;

/** One channel with a connection of its own. Messages go and come as bytes. */
export class GrpcConnection implements LoadConnection {
  readonly #client: Client;
  readonly #target: GrpcTarget;
  readonly #checker: AnswerChecker;
  readonly #timeoutMs: number;
  readonly #metadata = new Metadata();
  #call: ClientUnaryCall | undefined;
  #expired = false;

  constructor(target: GrpcTarget, checker: AnswerChecker, timeoutMs: number) {
    this.#target = target;
    this.#checker = checker;
    this.#timeoutMs = timeoutMs;
    for (const [name, value] of Object.entries(target.metadata)) this.#metadata.set(name, value);
    this.#client = new Client(
      target.address,
      target.tls === true ? credentials.createSsl() : credentials.createInsecure(),
      {
        'grpc.use_local_subchannel_pool': 1, // else all channels to one address share a connection
        'grpc.enable_retries': 0,
        'grpc.max_receive_message_length': -1,
        'grpc.max_send_message_length': -1,
      },
    );
  }

  send(body: LoadBody, settle: (outcome: Outcome) => void): void {
    this.#expired = false;
    let servedBy = '?';
    const bytes = Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.byteLength);
    const options = { deadline: Date.now() + this.#timeoutMs };
    const done = (error: ServiceError | null, answer?: Buffer): void => {
      this.#call = undefined;
      settle(error === null ? this.#outcome(body, answer, servedBy) : this.#failure(error));
    };
    this.#call = this.#client.makeUnaryRequest(this.#target.method, asIs, asIs, bytes, this.#metadata, options, done);
    this.#call.on('metadata', (metadata) => {
      servedBy = servedByOf(metadata);
    });
  }

  expire(): void {
    this.#expired = true;
    this.#call?.cancel();
  }

  close(): void {
    this.#client.close();
  }

  #outcome(body: LoadBody, answer: Buffer | undefined, servedBy: string): Outcome {
    const bytes = answer ?? Buffer.alloc(0);
    const kept = this.#checker.wants(body) ? bytes : undefined;
    const fault = this.#checker.faultOf(body, bytes.byteLength, kept);
    if (fault !== undefined) return { verdict: 'wrong', kind: fault };
    return { verdict: 'answered', kind: 'grpc 0', servedBy };
  }

  #failure({ code, metadata }: ServiceError): Outcome {
    const kind = `grpc ${code}`;
    if (this.#expired || code === grpcStatus.DEADLINE_EXCEEDED) return timedOut;
    // UNAVAILABLE is also what the client itself says of a connection that broke: then there are no trailers.
    const byServer = Object.keys(metadata.getMap()).length > 0;
    if (code === grpcStatus.RESOURCE_EXHAUSTED || (code === grpcStatus.UNAVAILABLE && byServer)) {
      return { verdict: 'refused', kind, hasRetryAfter: metadata.get('retry-after').length > 0 };
    }
    return { verdict: 'failed', kind };
  }
}

function servedByOf(metadata: Metadata): string {
  const [tier] = metadata.get('x-brink-served-by');
  const [version] = metadata.get('x-brink-version');
  return `${tier?.toString() ?? '?'}${version === undefined ? '' : ` ${version.toString()}`}`;
}
