import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import t from 'tap';
import { resolveSettings } from '../src/config.ts';
import { beginLife } from '../src/life.ts';
import { createLogger } from '../src/logging.ts';
import { createReadiness } from '../src/readiness.ts';

t.test('a life that begins says what it waits for: its database, then its fixtures', async (t) => {
  const readiness = createReadiness({ check: 'database', reason: 'the database is being opened' });
  const settings = resolveSettings({ options: { database: ':memory:' } });
  const logger = await createLogger({ level: 'silent', format: 'json' });
  const seen: unknown[] = [];
  // The database is open when this returns, and nothing is put in yet.
  const beginning = beginLife(settings, logger, { readiness }, () => seen.push(readiness.unready?.check));
  t.same(readiness.unready, { check: 'fixtures', reason: 'the fixtures are being put in' });
  const life = await beginning;
  t.same(seen, ['fixtures'], 'whoever begins it says when it is ready');
  await life.stop();
  life.endForGood();
});

t.test('of a life that does not begin, nothing is left: it is tried each second, for weeks', async (t) => {
  const settings = resolveSettings({ options: { database: path.join(t.testdir(), 'stub.sqlite'), metrics: 'on' } });
  const logger = await createLogger({ level: 'silent', format: 'json' });
  let app: FastifyInstance | undefined;
  const beginning = beginLife(settings, logger, {}, (life) => {
    app = life.app;
    throw new Error('no token can be stored');
  });
  await t.rejects(beginning, { message: 'no token can be stored' });
  await t.rejects(Promise.resolve(app?.inject('/livez')), { message: /closed/ }, 'what measures it has stopped');
  const second = await beginLife(settings, logger, {}, () => {});
  await second.stop();
  second.end();
});
