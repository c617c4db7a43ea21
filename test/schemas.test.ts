import { PassThrough } from 'node:stream';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import Fastify from 'fastify';
import t from 'tap';
import { resolveSettings } from '../src/config.ts';
import { openContext } from '../src/context.ts';
import { BUILT_IN_STATES } from '../src/control/fixtures/built-in-states.ts';
import { FixtureDocument, StateDocument } from '../src/control/fixtures/schema.ts';
import control from '../src/control/plugin.ts';
import { createLogger } from '../src/logging.ts';
import createConversation from '../src/v1/inbox/create-conversation.ts';

t.test('every schema that a request is checked against is a valid one: at run time nobody looks', async (t) => {
  const logger = await createLogger({ level: 'silent', format: 'json', destination: new PassThrough() });
  const context = openContext(resolveSettings({ options: { database: ':memory:' } }), logger);
  t.teardown(() => context.held.letGo());
  const ajv = new Ajv({ keywords: ['expected', 'mayBeAbsent'], strict: false });
  addFormats.default(ajv);
  const app = Fastify();
  t.teardown(() => app.close());
  const checked = new Set<string>();
  app.addHook('onRoute', ({ method, url, schema = {} }) => {
    for (const part of ['body', 'querystring', 'params'] as const) {
      if (schema[part] === undefined) continue;
      checked.add(part);
      t.ok(ajv.validateSchema(schema[part] as object), `${method} ${url}, ${part}: ${ajv.errorsText()}`);
    }
  });
  const { db, groupCommit, chance, clock } = context;
  app.decorate('db', db).decorate('groupCommit', groupCommit).decorate('chance', chance).decorate('clock', clock.now);
  app.decorate('requirePermission', () => async () => {});
  await app.register(createConversation);
  await app.register(control, { prefix: '/__admin', context });
  t.same([...checked].sort(), ['body', 'params', 'querystring']);
  const documents = [FixtureDocument, StateDocument, ...Object.values(BUILT_IN_STATES).map(({ params }) => params)];
  for (const schema of documents) t.ok(ajv.validateSchema(schema), ajv.errorsText());
});
