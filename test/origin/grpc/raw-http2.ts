import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2';

/** What a raw HTTP/2 client got for one call: headers and trailers in one, or that its stream was reset. */
export interface RawReply {
  readonly headers: Readonly<Record<string, string>>;
  readonly reset: boolean;
}

/** HTTP/2 without a gRPC library, which would not send what is wrong. */
export class RawHttp2 {
  readonly session: ClientHttp2Session;

  constructor(port: number) {
    this.session = connect(`http://127.0.0.1:${port}`);
    this.session.on('error', () => undefined); // the server may end what is abused
  }

  open(path: string, more: OutgoingHttpHeaders = {}): ClientHttp2Stream {
    const stream = this.session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...more,
    });
    stream.on('error', () => undefined);
    return stream;
  }

  /** One call with this message, framed as gRPC frames it: `flag` 1 says that it is compressed. */
  send(path: string, message: Uint8Array, more: OutgoingHttpHeaders = {}, flag = 0): Promise<RawReply> {
    const stream = this.open(path, more);
    const head = Buffer.alloc(5);
    head.writeUInt8(flag);
    head.writeUInt32BE(message.length, 1);
    stream.end(Buffer.concat([head, message]));
    return replyOf(stream);
  }

  close(): void {
    this.session.destroy();
  }
}

export function replyOf(stream: ClientHttp2Stream): Promise<RawReply> {
  const headers: Record<string, string> = {};
  const note = (received: object): void => {
    for (const [name, value] of Object.entries(received)) headers[name] = String(value);
  };
  stream.on('response', note);
  stream.on('trailers', note);
  stream.resume();
  return new Promise((resolve) => {
    stream.on('close', () => resolve({ headers, reset: stream.rstCode !== 0 }));
  });
}
