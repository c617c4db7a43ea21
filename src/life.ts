import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Database } from 'better-sqlite3';
import type { FastifyBaseLogger, FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import type { Settings } from './config.ts';
import { type ContextOptions, openContext, type ServerContext } from './context.ts';
import { buildServer } from './server.ts';
import { isDamage } from './storage/failure.ts';
import { startupErrorFrom } from './storage/open.ts';
import { type Rescued, rescue } from './storage/rescue.ts';
import { nextTurn } from './timers.ts';

/** A server on its database, from the moment that is opened until it is closed. */
export interface Life {
  context: ServerContext;
  app: FastifyInstance;
  /** Brings a request in past the network. Rejects once the server closes. */
  inject(request: InjectOptions): Promise<LightMyRequestResponse>;
  /** Ends what waits, and resolves when what is under way has come to its end; the database stays open. */
  stop(): Promise<void>;
  /**
   * Closes the database. One whose file was deleted is written anew first, and what is only in the log of one that is
   * elsewhere is brought into it. Does nothing the second time.
   *
   * @throws what hindered the writing; then it is still open
   */
  end(): void;
  /**
   * The same when no other life follows. What cannot be brought into its file is written beside the place of that. What
   * cannot be written anew is lost, and that is logged; when the folder has gone with the file, nothing is written: a test
   * that is over has cleaned up.
   */
  endForGood(): void;
}

/**
 * Opens the database, puts the fixtures in and builds the server, which answers nobody yet.
 *
 * @param prepare what else is to be done with the database before
 * @throws StartupError
 */
export async function beginLife(
  settings: Settings,
  logger: FastifyBaseLogger,
  options: ContextOptions,
  prepare: (life: Life) => void,
): Promise<Life> {
  const context = openContext(settings, logger, options);
  let app: FastifyInstance | undefined;
  try {
    if (options.readiness) options.readiness.unready = { check: 'fixtures', reason: 'the fixtures are being put in' };
    await context.fixtures.seed();
    app = await buildServer(context);
    await app.ready();
    await context.fixtures.watch();
    const life = lifeOf(context, app);
    prepare(life);
    return life;
  } catch (error) {
    await app?.close();
    await context.fixtures.close();
    await context.checkpoints.close();
    context.held.letGo();
    throw startupErrorFrom(error, settings.database);
  }
}

/** What is damaged can never be written anew. A good file that is there already need not wait for it. */
function rescueFrom(db: Database, file: string, logger: FastifyBaseLogger): Rescued | undefined {
  try {
    return rescue(db, file, new Date());
  } catch (err) {
    if (!isDamage(err) || !existsSync(file)) throw err;
    logger.error({ err }, 'the database file was damaged before another took its place: what it held is lost');
    return undefined;
  }
}

const LOST = 'the database file was deleted, and what it held could not be written: it is lost';

function lifeOf(context: ServerContext, app: FastifyInstance): Life {
  const { db, held, groupCommit, checkpoints, fixtures, logger, settings } = context;
  /** Calls of this process: no socket shows that they are under way. */
  const injected = new Set<Promise<unknown>>();
  let rescued: Rescued | undefined;
  let isEnded = false;

  function end(isLast = false): void {
    if (isEnded) return;
    // What has been rescued may be closed already: then putting it in place failed the last time.
    if (!rescued && held.anchor.isDeleted()) rescued = rescueFrom(db, settings.database, logger);
    if (!rescued) fold(isLast);
    held.letGo();
    const file = rescued?.putInPlace();
    isEnded = true;
    if (file) logger.warn({ file }, 'the database file was deleted; what it held has been written to this one');
  }

  function fold(isLast: boolean): void {
    try {
      held.fold();
    } catch (err) {
      // What hinders it may pass, such as a reader. The last one cannot wait for that.
      if (!isLast) throw err;
      const { draft: file } = rescue(db, settings.database, new Date());
      logger.warn({ err, file }, 'the log could not be brought into the database file; what both held is in this one');
    }
  }

  /** Where nobody is left to try again. */
  function attempt(work: () => void): void {
    try {
      work();
    } catch (err) {
      logger.fatal({ err }, LOST);
    }
  }

  return {
    context,
    app,
    inject(request) {
      const answer = app.inject(request);
      injected.add(answer);
      return answer.finally(() => injected.delete(answer));
    },
    async stop() {
      await app.close();
      await Promise.allSettled(injected);
      // What was cut off comes to its end when its socket has closed, at the end of this turn, and then into the journal.
      await nextTurn();
      await nextTurn();
      await fixtures.close();
      await groupCommit.drain();
      await checkpoints.close();
    },
    end: () => end(),
    endForGood() {
      attempt(() => {
        if (existsSync(path.dirname(path.resolve(settings.database)))) end(true);
      });
      isEnded = true;
      attempt(() => held.letGo());
    },
  };
}
