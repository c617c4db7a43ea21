import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import type { FastifyBaseLogger, InjectOptions, LightMyRequestResponse } from 'fastify';
import { EVERYTHING, type TokenStore } from './auth/tokens.ts';
import { createClock } from './clock.ts';
import type { Settings } from './config.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { adminTokenOf } from './context.ts';
import type { RecordedErrors } from './contract/render.ts';
import type { Loaded } from './control/fixtures/load.ts';
import { createIdGenerator } from './ids.ts';
import type { Life } from './life.ts';
import { listenError, openListener } from './listener.ts';
import { createReadiness } from './readiness.ts';
import { StartupError } from './startup-error.ts';
import { createFailureLog } from './storage/failure-log.ts';
import { supervise } from './supervisor.ts';
import { sleep } from './timers.ts';
import { createUnavailable } from './unavailable.ts';

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

/**
 * Listens, opens the database that the settings name, and answers on it until it is closed. When the database is lost
 * meanwhile, it is opened anew as soon as that can be done; every request is answered 503 until then.
 *
 * @param stopping ends a start that waits for its database: it rejects then
 * @throws StartupError when it cannot start
 */
export async function boot(
  settings: Settings,
  logger: FastifyBaseLogger,
  stopping?: AbortSignal,
  limits?: ConnectionLimits,
): Promise<Running> {
  // Before the database is opened: where these cannot be used, nothing is written.
  const loaded = await loadFixtures(settings.fixtures);
  const recorded = await loadRecordedErrors(settings.shapes);
  const address = await resolve(settings);
  const readiness = createReadiness({ check: 'database', reason: 'the database is being opened' });
  const unavailable = createUnavailable(readiness, createIdGenerator(Date.now, randomBytes));
  const listener = await openListener({ ...settings, address, unavailable, limits });
  const adminToken = adminTokenOf(settings, address);
  if (recorded && settings.upstream !== undefined) {
    logger.warn('STUB_SHAPES is only for what the stub answers by itself: STUB_UPSTREAM answers all the rest');
  }
  for (const name of (settings.upstream === undefined && recorded?.accepted) || []) {
    logger.warn(`STUB_SHAPES has no error for "${name}": the recorded server accepted it, and the stub refuses it`);
  }
  const closing = new AbortController();
  let token = settings.token;
  let isFirst = true;

  function prepare({ context: { tokens } }: Life): void {
    if (settings.token !== undefined) tokens.register(settings.token, 'STUB_TOKEN', EVERYTHING);
    // Later on, nobody would see it.
    else if (isFirst) token = firstToken(tokens);
    isFirst = false;
  }

  try {
    const supervision = await supervise({
      settings,
      logger,
      listener,
      readiness,
      lasting: {
        loaded,
        address,
        readiness,
        clock: createClock(Date.now),
        failures: createFailureLog(logger),
        adminToken,
        recorded,
      },
      prepare,
      stop: stopping ? AbortSignal.any([stopping, closing.signal]) : closing.signal,
    });
    const { upstream } = settings;
    if (upstream !== undefined) logger.warn({ upstream }, `passing through: ${whatPassesTo(upstream)}`);
    return {
      url: listener.url,
      ...(token !== undefined && { token }),
      ...(adminToken !== undefined && { adminToken }),
      async inject(request) {
        const { check, reason } = readiness.unready ?? {};
        // In both cases the life that was is over, or the first has not begun.
        if (check === 'database' || check === 'fixtures') throw new StartupError(`The stub is not ready: ${reason}.`);
        return supervision.current().inject(request);
      },
      async close() {
        readiness.unready = { check: 'shutdown', reason: 'the server is stopping' };
        if (settings.shutdownDelay > 0) await sleep(settings.shutdownDelay);
        closing.abort();
        await supervision.settled;
        const last = supervision.current();
        await Promise.all([listener.close(settings.shutdownGrace), last.app.close()]);
        await last.stop();
        last.endForGood();
      },
    };
  } catch (error) {
    await listener.close(0);
    throw error;
  }
}

/** What everybody should know before the first request. */
export function whatPassesTo(upstream: string): string {
  return `every request to /v1 goes to ${upstream}, and what it creates is really created there`;
}

/** What the fixture files declare. The parser of YAML is loaded only where there are any. */
async function loadFixtures(place: string | undefined): Promise<Loaded | undefined> {
  return place === undefined ? undefined : (await import('./control/fixtures/load.ts')).loadFixtures(place);
}

/** What a real server was seen to answer to what is wrong. */
async function loadRecordedErrors(file: string | undefined): Promise<RecordedErrors | undefined> {
  if (file === undefined) return undefined;
  const { readShapes } = await import('./contract/record.ts');
  const { recordedErrorsIn } = await import('./contract/render.ts');
  return recordedErrorsIn(readShapes(file));
}

/** A fresh token that can be shown, where no stored one is usable. */
function firstToken(tokens: TokenStore): string | undefined {
  // One that belongs to a chatbot is of no use for another.
  if (tokens.list().some((token) => token.chatbotId === null && tokens.stateOf(token) === 'active')) return undefined;
  return tokens.create({ name: 'first', grants: EVERYTHING }).credential;
}

/** One address: for a name that has two, Node would listen on one of them only, by its own choice. */
async function resolve({ host, port }: Settings): Promise<string> {
  try {
    return (await lookup(host, { order: 'ipv4first' })).address;
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, host, port);
  }
}
