import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener, RequestError } from '@hono/node-server';
import { BrinkError, toBrinkError } from '../../shared/errors/brink-error.js';
import { errorResponse } from '../../shared/http/responses.js';
import type { FrontDoor } from './front-door.js';

type Fetch = Parameters<typeof getRequestListener>[0];

/** Time for the headers, and for the whole request: a body has its own, shorter bound. */
const headersMsMax = 10_000;
const requestMsMax = 150_000;
/** How often Node looks whose time is over; its own default of 30 s would make 40 s of the 10 for the headers. */
const lookEveryMs = 2_000;
/**
 * How long an idle connection is kept: longer than clients and proxies keep theirs, so that it is they who close. One that
 * the server closes may just be getting its next request, which is lost then.
 */
const idleMsMax = 75_000;
/** Request line and headers together. */
export const headBytesMax = 16 * 1024;

/**
 * HTTP in front of the app. What never becomes a request of the app is refused in the same form as all else. `door`: who
 * answers what it turns away.
 */
export function createHttpServer(fetch: Fetch, door?: Pick<FrontDoor, 'turnsAway'>): Server {
  const options = {
    maxHeaderSize: headBytesMax,
    headersTimeout: headersMsMax,
    requestTimeout: requestMsMax,
    connectionsCheckingInterval: lookEveryMs,
    keepAliveTimeout: idleMsMax,
  };
  const errorHandler = (error: unknown): Response =>
    errorResponse(error instanceof RequestError ? unreadable() : toBrinkError(error));
  const listener = getRequestListener(fetch, { errorHandler });
  const server = createServer(options, (request, response) => {
    if (door?.turnsAway(request, response) !== true) void listener(request, response);
  });
  server.on('clientError', refuseBytes);
  server.on('checkExpectation', (_: IncomingMessage, response: ServerResponse) => {
    const refusal = new BrinkError('bad-header', "expected no 'expect' header but 100-continue, got another one");
    response.writeHead(refusal.status, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify({ error: refusal.message, code: refusal.code }));
  });
  return server;
}

/** Bytes that Node's parser could not read as HTTP, or that came too slowly. The connection ends with the answer. */
function refuseBytes(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, message, code } = refusalOf(error);
  const body = JSON.stringify({ error: message, code });
  const head = [
    `HTTP/1.1 ${status} ${status === 408 ? 'Request Timeout' : 'Bad Request'}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function refusalOf(error: NodeJS.ErrnoException): BrinkError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new BrinkError('bad-header', `expected a path and headers of at most ${headBytesMax} bytes, got more`);
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new BrinkError('body-timeout', `expected headers within ${headersMsMax} ms, they took longer`);
    default:
      return unreadable();
  }
}

const unreadable = (): BrinkError =>
  new BrinkError('invalid-request', 'expected a request in HTTP/1.1 with a path and one host, got something else');
