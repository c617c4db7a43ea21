import { PassThrough } from 'node:stream';
import t from 'tap';
import { resolveSettings } from '../src/config.ts';
import { openContext } from '../src/context.ts';
import { createLogger } from '../src/logging.ts';
import { buildServer } from '../src/server.ts';
import { startTestStub } from './support/stub.ts';

t.test('alive and ready once it listens, for anybody', async (t) => {
  const stub = await startTestStub(t);
  for (const path of ['/livez', '/readyz', '/readyz/']) {
    const answer = await stub.send({ method: 'GET', path });
    t.equal(answer.status, 200, path);
    t.same(answer.json, { status: 'ok' }, path);
  }
});

t.test('probes that pass leave no line in the log', async (t) => {
  const destination = new PassThrough();
  const logger = await createLogger({ level: 'info', format: 'json', destination });
  const app = await buildServer(openContext(resolveSettings({ options: { database: ':memory:' } }), logger));
  t.teardown(() => app.close());
  await app.inject('/livez');
  await app.inject('/readyz');
  t.equal(destination.read(), null);
});

t.test('alive but not ready when the database does not answer, and it says which check failed', async (t) => {
  const destination = new PassThrough();
  const logger = await createLogger({ level: 'error', format: 'json', destination });
  const context = openContext(resolveSettings({ options: { database: ':memory:' } }), logger);
  const app = await buildServer(context);
  t.teardown(() => app.close());
  context.db.close();
  const answer = await app.inject('/readyz');
  t.equal(answer.statusCode, 503);
  t.same(answer.json(), { status: 'unavailable', check: 'database' });
  t.match(String(destination.read()), /database connection is not open.*not ready/s);
  t.equal((await app.inject('/livez')).statusCode, 200);
});
