import { type AddressInfo } from 'node:net';
import { Agent, request } from 'node:http';
import { expect, it } from 'vitest';
import { createHttpServer } from '../../../origin/http/create-server.js';
import { HttpDrain } from '../../../origin/http/drain-http.js';

it('a server that drains ends each connection with the answer that it waits for, kept or not', async () => {
  let answer: () => void = () => undefined;
  let asked: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => (asked = resolve));
  const mayAnswer = new Promise<void>((resolve) => (answer = resolve));
  const server = createHttpServer(async () => {
    asked();
    await mayAnswer;
    return new Response('whole');
  });
  const drain = new HttpDrain(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = new Agent({ keepAlive: true });
  const { port } = server.address() as AddressInfo;
  const reply = new Promise<[string | undefined, string]>((resolve, reject) => {
    const outgoing = request({ port, host: '127.0.0.1', agent }, (incoming) => {
      let text = '';
      incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
      incoming.on('end', () => resolve([incoming.headers.connection, text]));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
  await waiting;
  const drained = drain.drain();
  expect(server.listening).toBe(false);
  answer();
  expect(await reply).toEqual(['close', 'whole']);
  await drained; // without the header the agent would keep the connection, and the server with it
  agent.destroy();
});
