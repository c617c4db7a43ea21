import { PassThrough } from 'node:stream';
import t from 'tap';
import { resolveSettings } from '../src/config.ts';
import { openContext } from '../src/context.ts';
import { createLogger } from '../src/logging.ts';
import { packageVersion } from '../src/package-root.ts';
import { buildServer } from '../src/server.ts';
import { send, sendRaw, startTestStub } from './support/stub.ts';

t.test('alive and ready once it listens, for anybody', async (t) => {
  const stub = await startTestStub(t);
  const alive = await stub.send({ method: 'GET', path: '/livez' });
  t.equal(alive.status, 200);
  t.same(alive.json, { status: 'ok' });
  for (const path of ['/readyz', '/readyz/']) {
    const answer = await stub.send({ method: 'GET', path });
    t.equal(answer.status, 200, path);
    t.match(answer.json, { status: 'ok', version: packageVersion(), uptimeSeconds: Number }, path);
    t.ok(answer.json.uptimeSeconds > 0 && answer.json.uptimeSeconds < 600, 'seconds');
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

t.test('what the paths of the server refuse is like every other error, and leaves no stack in the log', async (t) => {
  const destination = new PassThrough();
  const logger = await createLogger({ level: 'info', format: 'json', destination });
  const context = openContext(resolveSettings({ options: { database: ':memory:' } }), logger);
  const app = await buildServer(context);
  t.teardown(() => app.close());
  const url = await app.listen({ port: 0 });
  for (const path of ['/', '/livez', '/readyz', '/metrics', '/favicon.ico', '/__admin/ui', '/docs', '/openapi.json']) {
    const text = await sendRaw(url, `GET ${path} HTTP/1.1\r\nconnection: close\r\n\r\n`);
    t.match(
      text,
      /^HTTP\/1\.1 400 .*\{"message":"The request has no Host.*","error":"Bad Request","statusCode":400\}$/s,
    );
  }
  t.equal((await send(url, { method: 'GET', path: '/metrics' })).status, 404);
  // Answered once: what is thrown behind an answer stands in the log only.
  t.equal((await send(url, { method: 'OPTIONS', path: '/' })).status, 204);
  t.equal((await send(url, { method: 'DELETE', path: '/' })).status, 405);
  t.notMatch(String(destination.read()), /stack/);
});

t.test('alive but not ready when the database does not answer, and it says which check failed', async (t) => {
  const destination = new PassThrough();
  const logger = await createLogger({ level: 'warn', format: 'json', destination });
  const context = openContext(resolveSettings({ options: { database: ':memory:' } }), logger);
  const app = await buildServer(context);
  t.teardown(() => app.close());
  context.db.close();
  for (let asked = 0; asked < 3; asked++) {
    const answer = await app.inject('/readyz');
    t.equal(answer.statusCode, 503);
    t.equal(answer.headers['retry-after'], '1');
    t.same(answer.json(), { status: 'unavailable', check: 'database', reason: 'the database is not open' });
  }
  t.same(lines(destination), ['not ready: database: the database is not open'], 'said once');
  t.equal((await app.inject('/livez')).statusCode, 200);
});

t.test('while it stops it is not ready, and says so', async (t) => {
  const destination = new PassThrough();
  const logger = await createLogger({ level: 'info', format: 'json', destination });
  const context = openContext(resolveSettings({ options: { database: ':memory:' } }), logger);
  const app = await buildServer(context);
  t.teardown(() => app.close());
  context.readiness.unready = { check: 'fixtures', reason: 'they are long' };
  t.equal((await app.inject('/readyz')).statusCode, 503);
  context.readiness.unready = undefined;
  t.equal((await app.inject('/readyz')).statusCode, 200);
  const shutdown = { check: 'shutdown', reason: 'the server is stopping' } as const;
  context.readiness.unready = shutdown;
  const answer = await app.inject('/readyz');
  t.equal(answer.statusCode, 503);
  t.same(answer.json(), { status: 'unavailable', ...shutdown });
  context.readiness.unready = undefined;
  t.equal((await app.inject('/readyz')).statusCode, 503, 'a database that is opened meanwhile changes nothing');
  t.same(lines(destination), [
    'not ready: fixtures: they are long',
    'ready again',
    'not ready: shutdown: the server is stopping',
  ]);
});

function lines(destination: PassThrough): string[] {
  const text = String(destination.read() ?? '');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).msg);
}
