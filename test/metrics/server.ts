// A server with metrics that does not listen, for tests that reach into what it stands on.
import type { Test } from 'tap';
import { resolveSettings } from '../../src/config.ts';
import { openContext } from '../../src/context.ts';
import { createLogger } from '../../src/logging.ts';
import { buildServer } from '../../src/server.ts';
import { type Exposition, parse } from './exposition.ts';

export async function openServer(t: Test, options: object = {}, destination?: { write(line: string): void }) {
  const settings = resolveSettings({ options: { database: ':memory:', metrics: 'on', logLevel: 'info', ...options } });
  const context = openContext(
    settings,
    await createLogger({ level: settings.logLevel, format: 'json', destination: destination ?? { write() {} } }),
  );
  const app = await buildServer(context);
  t.teardown(() => app.close());
  const scrape = async (): Promise<Exposition> => {
    const { statusCode, body } = await app.inject('/metrics');
    if (statusCode !== 200) throw new Error(`${statusCode}: ${body}`);
    return parse(body);
  };
  return { app, context, scrape };
}
