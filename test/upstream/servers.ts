// Upstreams for tests: small servers that answer as a test wants, or do not speak HTTP at all.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import type { Test } from 'tap';
import { notTheStub } from '../support/answers/not-the-stub.ts';

export interface Heard {
  method: string;
  url: string;
  rawHeaders: string[];
  body: Buffer;
}

export interface TestUpstream {
  url: string;
  /** What it was asked, in order. */
  heard: Heard[];
  /** How many connections have come. */
  connections(): number;
  close(): Promise<void>;
}

type Any = Server | TcpServer;

async function listen(t: Test, server: Any): Promise<Pick<TestUpstream, 'url' | 'connections' | 'close'>> {
  const sockets = new Set<Socket>();
  let count = 0;
  server.on('connection', (socket: Socket) => {
    count++;
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  t.teardown(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => count, close };
}

/** Answers every request, when it is there in full. */
export async function startUpstream(t: Test, answer: RequestListener): Promise<TestUpstream> {
  const heard: Heard[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url = '', rawHeaders } = request;
    heard.push({ method, url, rawHeaders, body: Buffer.concat(chunks) });
    answer(request, response);
  });
  return { heard, ...(await listen(t, notTheStub(server, 'an upstream'))) };
}

/** Gives every connection to a test, as soon as something has come on it. */
export async function startRawUpstream(t: Test, speak: (socket: Socket) => void): Promise<TestUpstream> {
  const server = createTcpServer((socket) => socket.once('data', () => speak(socket)));
  return { heard: [], ...(await listen(t, server)) };
}

/** Answers with this status, body and media type. */
export function answering(status: number, body: unknown, type = 'application/json; charset=utf-8'): RequestListener {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return (_request, response) => response.writeHead(status, { 'content-type': type }).end(text);
}
