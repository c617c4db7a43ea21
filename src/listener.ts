import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { CONNECTION_LIMITS, type ConnectionLimits } from './connection-limits.ts';
import { holdBackPipelines } from './pipelining.ts';
import { StartupError } from './startup-error.ts';
import { clearInterval, clearTimeout, setInterval, setTimeout } from './timers.ts';

/** The socket that a stub listens on, from before it has a database until its last answer has left. */
export interface Listener {
  url: string;
  /** Hands requests to this server from now on, or to nobody: then they are answered as unavailable. */
  handTo(server: Server | undefined): void;
  /** Takes no connection any more, and resolves when all are closed, at the latest after `grace` milliseconds. */
  close(grace: number): Promise<void>;
}

export interface ListenerOptions {
  /** As the settings have them, for the messages. */
  host: string;
  port: number;
  /** The address that the host name stands for. */
  address: string;
  /** Answers while there is no server. */
  unavailable: RequestListener;
  limits?: ConnectionLimits | undefined;
}

/** How long a connection on which nothing has come yet may hold a shutdown up, in milliseconds. */
const SILENCE = 50;

/** How long a connection on which the last answer has gone out may do so, in milliseconds. */
const SWEEP = 10;

/** Listens. @throws StartupError when the address cannot be used; the message says what to do */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { host, port, address, unavailable, limits = CONNECTION_LIMITS } = options;
  let behind: Server | undefined;
  const door = createServer({
    // Node would answer a request without Host by itself, without a body and without a request id.
    requireHostHeader: false,
    keepAliveTimeout: limits.keepAlive,
    requestTimeout: limits.request,
    headersTimeout: limits.head,
    connectionsCheckingInterval: limits.check,
  });
  door.timeout = limits.quiet;
  holdBackPipelines(door, limits.underWay);
  // A client may say that it has nothing more to send, and still wants its answer.
  Object.assign(door, { httpAllowHalfOpen: true });
  const connections = new Set<Socket>();
  door.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  // The server behind never listens itself: each of these events is given on to it as its own.
  door.on('request', (request, response) => {
    if (behind) behind.emit('request', request, response);
    else unavailable(request, response);
  });
  door.on('checkExpectation', (request, response) => {
    if (behind) behind.emit('checkExpectation', request, response);
    else unavailable(request, response);
  });
  door.on('clientError', (error, socket) => {
    if (behind) behind.emit('clientError', error, socket);
    else socket.destroy();
  });
  // Who takes this for a proxy would hear nothing from Node.
  door.on('connect', (_request, socket) => {
    socket.on('error', () => {});
    door.emit('clientError', Object.assign(new Error('no proxy'), { code: 'CONNECT' }), socket);
  });

  try {
    await new Promise<void>((resolve, reject) => {
      door.once('error', reject);
      // The default backlog of 511 makes a burst of connections wait a second for its second try.
      door.listen({ host: address, port, backlog: 4096 }, resolve);
    });
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, host, port);
  }

  /** Node takes a connection on which nothing has come yet for a busy one. */
  function closeSilentConnections(): void {
    for (const socket of connections) {
      if (socket.bytesRead === 0) socket.destroy();
    }
  }

  const { family, port: bound } = door.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`,
    handTo(server) {
      behind = server;
    },
    async close(grace) {
      const timers = [setTimeout(closeSilentConnections, SILENCE), setTimeout(() => door.closeAllConnections(), grace)];
      // Node closes those that are idle now, and none that becomes so: a stream, say, that ends because we close.
      const sweep = setInterval(() => door.closeIdleConnections(), SWEEP);
      await new Promise<void>((resolve) => door.close(() => resolve()));
      for (const timer of timers) clearTimeout(timer);
      clearInterval(sweep);
    },
  };
}

/** What an address that cannot be used means, and what to do. */
export function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const why: Record<string, string> = {
    EADDRINUSE: `port ${port} on ${host} is taken: stop what listens there, or choose another with --port (0 takes a free one)`,
    EACCES: `port ${port} may not be used by this user: choose one above 1023 with --port (0 takes a free one)`,
    EADDRNOTAVAIL: `${host} is no address of this machine: choose another with --host (127.0.0.1, or 0.0.0.0 for all)`,
    ENOTFOUND: `${host} is not known as a host name: choose another with --host (127.0.0.1, or 0.0.0.0 for all)`,
  };
  const text = why[String(error.code)];
  return text === undefined ? error : new StartupError(text, { cause: error });
}
