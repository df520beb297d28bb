import {
  type CallOptions,
  type ChannelCredentials,
  type ChannelOptions,
  type ClientDuplexStream,
  Client,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { inferenceService, type UnaryMethod } from '../../../origin/grpc/proto/inference-service.js';

export type Message = Record<string, unknown>;

/** What a unary call came to. */
export interface GrpcReply {
  readonly status: keyof typeof status;
  readonly text: string;
  readonly message: Message;
  readonly code: string | undefined;
  readonly trailers: Readonly<Record<string, string>>;
}

export interface CallWith extends CallOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly cancelWhen?: Promise<unknown>;
}

export const metadataOf = (entries: Readonly<Record<string, string>> = {}): Metadata => {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(entries)) metadata.set(key, value);
  return metadata;
};

/** A client of grpc-js that answers with what came, failures as well. */
export class GrpcTestClient {
  readonly client: Client;

  constructor(port: number, channel: ChannelCredentials = credentials.createInsecure(), options: ChannelOptions = {}) {
    this.client = new Client(`127.0.0.1:${port}`, channel, {
      'grpc.max_receive_message_length': -1,
      'grpc.use_local_subchannel_pool': 1,
      ...options,
    });
  }

  call(method: UnaryMethod, request: Message = {}, options: CallWith = {}): Promise<GrpcReply> {
    const { requestSerialize } = inferenceService[method]!;
    return this.send(method, requestSerialize(request), options);
  }

  /** With bytes that need not be a message; `method` may be one that does not exist. */
  send(method: string, bytes: Buffer, { metadata, cancelWhen, ...options }: CallWith = {}): Promise<GrpcReply> {
    const path = method.startsWith('/') ? method : `/inference.GRPCInferenceService/${method}`;
    return new Promise((resolve) => {
      let failure: ServiceError | null = null;
      let message: Message = {};
      const call = this.client.makeUnaryRequest(
        path,
        (sent: Buffer) => sent,
        (received: Buffer) => inferenceService[method]!.responseDeserialize(received) as Message,
        bytes,
        metadataOf(metadata),
        options,
        (error, value) => {
          failure = error;
          message = value ?? {};
        },
      );
      void cancelWhen?.then(() => call.cancel());
      call.on('status', ({ code, details, metadata: received }) => {
        setImmediate(() => {
          const trailers = Object.fromEntries(Object.entries(received.getMap()).map(([k, v]) => [k, String(v)]));
          const name = status[failure?.code ?? code] as keyof typeof status;
          resolve({ status: name, text: details, message, code: trailers['x-brink-code'], trailers });
        });
      });
    });
  }

  /** An open `ModelStreamInfer`. */
  stream(options: CallWith = {}): TestStream {
    const { requestSerialize, responseDeserialize } = inferenceService['ModelStreamInfer']!;
    const { metadata, ...rest } = options;
    return new TestStream(
      this.client.makeBidiStreamRequest(
        '/inference.GRPCInferenceService/ModelStreamInfer',
        (message: Message | Buffer) => (Buffer.isBuffer(message) ? message : requestSerialize(message)),
        (bytes: Buffer) => responseDeserialize(bytes) as Message,
        metadataOf(metadata),
        rest,
      ),
    );
  }

  close(): void {
    this.client.close();
  }
}

/** The answers of a stream in the order in which they came. */
export class TestStream {
  readonly answers: Message[] = [];
  readonly ended: Promise<{ status: keyof typeof status; text: string; trailers: Metadata }>;
  readonly call: ClientDuplexStream<Message | Buffer, Message>;
  #wake: (() => void) | undefined;

  constructor(call: ClientDuplexStream<Message | Buffer, Message>) {
    this.call = call;
    call.on('data', (answer: Message) => {
      this.answers.push(answer);
      this.#wake?.();
    });
    call.on('error', () => undefined); // what it ended with is in `ended`
    this.ended = new Promise((resolve) => {
      call.on('status', ({ code, details, metadata }) =>
        resolve({ status: status[code] as keyof typeof status, text: details, trailers: metadata }),
      );
    });
  }

  send(message: Message | Buffer): void {
    this.call.write(message);
  }

  async received(count: number): Promise<Message[]> {
    while (this.answers.length < count) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.answers;
  }
}
