// A server with connection limits of seconds, in a process of its own, which says what it holds when it is asked:
// node --expose-gc limited-server.ts LIMITS SETTINGS
import { boot } from '../../../src/boot.ts';
import { resolveSettings } from '../../../src/config.ts';
import { CONNECTION_LIMITS } from '../../../src/connection-limits.ts';
import { createLogger } from '../../../src/logging.ts';
import { canLook, holdingOf } from './process.ts';

const [limits, options] = process.argv.slice(2).map((text) => JSON.parse(text));
const settings = resolveSettings({ options: { port: 0, token: 'test-token', logLevel: 'silent', ...options } });
const logger = await createLogger({ level: 'silent', format: 'json' });
const running = await boot(settings, logger, undefined, { ...CONNECTION_LIMITS, ...limits });

process.on('message', () => {
  (globalThis.gc as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  // Not all files: under load a thread comes, with some of its own.
  const sockets = canLook ? holdingOf(process.pid).sockets : 0;
  process.send?.({ bytes: heapUsed + external, sockets });
});
process.on('disconnect', () => process.exit());
process.send?.({ url: running.url });
