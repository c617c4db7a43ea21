import { lookup } from 'node:dns/promises';
import type { AddressInfo, Socket } from 'node:net';
import type { FastifyBaseLogger, FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { EVERYTHING, type TokenStore } from './auth/tokens.ts';
import type { Settings } from './config.ts';
import { openContext } from './context.ts';
import type { Loaded } from './control/fixtures/load.ts';
import { buildServer } from './server.ts';
import { StartupError } from './startup-error.ts';
import { closeDatabase } from './storage/open.ts';
import { clearTimeout, nextTurn, setTimeout } from './timers.ts';

/** A server that listens. */
export interface Running {
  url: string;
  /** The token that can be shown, if any: the one of the settings, or the one made at this start. */
  token?: string;
  /** What the control plane asks for, if it asks. */
  adminToken?: string;
  /** Brings a request in past the network. Rejects once the server closes. */
  inject: (request: InjectOptions) => Promise<LightMyRequestResponse>;
  close: () => Promise<void>;
}

/** How long a connection on which nothing has come yet may hold a shutdown up, in milliseconds. */
const SILENCE = 50;

/** Opens what the settings name, builds the server on it and listens. */
export async function boot(settings: Settings, logger: FastifyBaseLogger): Promise<Running> {
  // Before the database is opened: where these cannot be used, nothing is written.
  const loaded = await loadFixtures(settings.fixtures);
  const address = await resolve(settings);
  const context = openContext(settings, logger, { loaded, address });
  let app: FastifyInstance | undefined;
  /** Calls of this process: no socket shows that they are under way. */
  const injected = new Set<Promise<unknown>>();

  function inject(app: FastifyInstance, request: InjectOptions): Promise<LightMyRequestResponse> {
    const answer = app.inject(request);
    injected.add(answer);
    return answer.finally(() => injected.delete(answer));
  }

  const connections = new Set<Socket>();

  function watchConnections({ server }: FastifyInstance): void {
    server.on('connection', (socket) => {
      connections.add(socket);
      socket.once('close', () => connections.delete(socket));
    });
  }

  /** Node takes a connection on which nothing has come yet for a busy one. */
  function closeSilentConnections(): void {
    for (const socket of connections) {
      if (socket.bytesRead === 0) socket.destroy();
    }
  }

  async function shutDown(): Promise<void> {
    const timers = [
      setTimeout(closeSilentConnections, SILENCE),
      setTimeout(() => app?.server.closeAllConnections(), settings.shutdownGrace),
    ];
    await app?.close();
    for (const timer of timers) clearTimeout(timer);
    await Promise.allSettled(injected);
    // What was cut off comes to its end when its socket has closed, at the end of this turn, and then into the journal.
    await nextTurn();
    await nextTurn();
    await context.fixtures.close();
    await context.groupCommit.drain();
    closeDatabase(context.db);
  }

  try {
    await context.fixtures.seed();
    const token = firstToken(context.tokens, settings.token);
    const server = await buildServer(context);
    watchConnections(server);
    app = server;
    const url = await listen(server, settings, address);
    await context.fixtures.watch();
    const { adminToken } = context;
    return {
      url,
      ...(token !== undefined && { token }),
      ...(adminToken !== undefined && { adminToken }),
      inject: (request) => inject(server, request),
      close: shutDown,
    };
  } catch (error) {
    await shutDown();
    throw error;
  }
}

/** What the fixture files declare. The parser of YAML is loaded only where there are any. */
async function loadFixtures(place: string | undefined): Promise<Loaded | undefined> {
  return place === undefined ? undefined : (await import('./control/fixtures/load.ts')).loadFixtures(place);
}

/** The token that can be shown: the one of the settings, or a fresh one where no stored one is usable. */
function firstToken(tokens: TokenStore, given: string | undefined): string | undefined {
  if (given !== undefined) {
    tokens.register(given, 'STUB_TOKEN', EVERYTHING);
    return given;
  }
  // One that belongs to a chatbot is of no use for another.
  if (tokens.list().some((token) => token.chatbotId === null && tokens.stateOf(token) === 'active')) return undefined;
  return tokens.create({ name: 'first', grants: EVERYTHING }).credential;
}

/** One address: for a name that has two, Fastify would start a second server that nothing here looks after. */
async function resolve({ host, port }: Settings): Promise<string> {
  try {
    return (await lookup(host, { order: 'ipv4first' })).address;
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, host, port);
  }
}

async function listen(app: FastifyInstance, { host, port }: Settings, address: string): Promise<string> {
  const { level } = app.log;
  try {
    // Fastify's own line for each address would stand beside the one stable line that says where we are.
    app.log.level = 'silent';
    // The default backlog of 511 makes a burst of connections wait a second for its second try.
    await app.listen({ host: address, port, backlog: 4096 });
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, host, port);
  } finally {
    app.log.level = level;
  }
  const { family, port: bound } = app.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`;
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const why: Record<string, string> = {
    EADDRINUSE: `port ${port} on ${host} is taken: stop what listens there, or choose another with --port (0 takes a free one)`,
    EACCES: `port ${port} may not be used by this user: choose one above 1023 with --port (0 takes a free one)`,
    EADDRNOTAVAIL: `${host} is no address of this machine: choose another with --host (127.0.0.1, or 0.0.0.0 for all)`,
    ENOTFOUND: `${host} is not known as a host name: choose another with --host (127.0.0.1, or 0.0.0.0 for all)`,
  };
  const text = why[String(error.code)];
  return text === undefined ? error : new StartupError(text, { cause: error });
}
