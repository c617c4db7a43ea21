import { handleOf } from './handle/in-process.ts';
import type { StubOptions } from './handle/options.ts';
import type { Stub } from './handle/stub.ts';
import { problemWithNode } from './node-version.ts';
import { StartupError } from './startup-error.ts';

/** Shorter than what test runners give a hook, which Jest and Vitest end after 5 and 10 seconds. In milliseconds. */
const SHUTDOWN_GRACE = 2000;

/**
 * Starts a stub in this process and resolves once it answers: on a free port and in memory, unless told otherwise.
 * Neither the environment nor a `.env` file is read.
 *
 * @example
 * ```ts
 * import { startStub } from 'chatcaptain-stub';
 *
 * await using stub = await startStub();
 * const { chatbotId, token, channelIds } = await stub.chatbot();
 * const response = await fetch(`${stub.url}/v1/inbox/${chatbotId}/conversations`, {
 *   method: 'POST',
 *   headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
 *   body: JSON.stringify({ name: 'John Doe', channelId: channelIds[0] }),
 * });
 * console.log(response.status); // 201
 * ```
 * @throws SettingsError naming every option that cannot be used
 * @throws StartupError when Node is too old, the port is taken or the database cannot be opened; the message says what to do
 */
export async function startStub(options: StubOptions = {}): Promise<Stub> {
  const problem = problemWithNode();
  if (problem !== undefined) throw new StartupError(problem);
  // Loaded here: who only connects to a stub elsewhere does not pay for the server.
  const [{ boot }, { resolveSettings }, { createLogger }] = await Promise.all([
    import('./boot.ts'),
    import('./config.ts'),
    import('./logging.ts'),
  ]);
  const defaults = { port: 0, database: ':memory:', logLevel: 'silent', shutdownGrace: SHUTDOWN_GRACE } as const;
  const settings = resolveSettings({ options: { ...options }, defaults });
  const logger = await createLogger({ level: settings.logLevel, format: settings.logFormat });
  return handleOf(await boot(settings, logger));
}
