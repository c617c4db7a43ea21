import { createRequire } from 'node:module';
import Fastify from 'fastify';
import t from 'tap';
import { resolveSettings } from '../src/config.ts';
import { openContext } from '../src/context.ts';
import { createLogger } from '../src/logging.ts';
import { buildServer } from '../src/server.ts';

t.test('no plugin is looked for among the modules that a process has loaded', async (t) => {
  // Where Fastify looks for the name of a plugin that has none.
  const { cache } = createRequire(import.meta.url);
  let looks = 0;
  Object.defineProperty(cache, 'probe', {
    enumerable: true,
    configurable: true,
    get() {
      looks += 1;
      return { exports: undefined };
    },
  });
  t.teardown(() => Reflect.deleteProperty(cache, 'probe'));
  const settings = resolveSettings({ options: { database: ':memory:' } });
  const app = await buildServer(openContext(settings, await createLogger({ level: 'silent', format: 'json' })));
  t.teardown(() => app.close());
  await app.ready();
  t.equal(looks, 0);
  await Fastify().register(async () => {});
  t.ok(looks > 0, 'which is how one without a name is met');
});
