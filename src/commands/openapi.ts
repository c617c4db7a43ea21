import { resolveSettings } from '../config.ts';
import { openContext } from '../context.ts';
import { vendorText } from '../documents/vendor.ts';
import { createLogger } from '../logging.ts';
import { buildServer } from '../server.ts';

/** Prints what `/openapi.json` of a server answers, without starting one. */
export async function printOpenapi({ vendor }: { vendor?: boolean }): Promise<void> {
  if (vendor) {
    process.stdout.write(vendorText());
    return;
  }
  const settings = resolveSettings({ options: { database: ':memory:' } });
  const app = await buildServer(openContext(settings, await createLogger({ level: 'silent', format: 'json' })));
  const document = (await app.inject('/openapi.json')).json();
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  await app.close();
}
