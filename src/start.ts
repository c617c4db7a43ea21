import { createControlPlane } from './handle/control-plane.ts';
import { createStub } from './handle/create-stub.ts';
import { sendInto } from './handle/in-process.ts';
import type { StubOptions } from './handle/options.ts';
import type { Stub } from './handle/stub.ts';
import './timers.ts';

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
 * @throws StartupError when the port is taken or the database cannot be opened; the message says what to do
 */
export async function startStub(options: StubOptions = {}): Promise<Stub> {
  // Loaded here: who only connects to a stub elsewhere does not pay for the server.
  const [{ boot }, { resolveSettings }, { createLogger }] = await Promise.all([
    import('./boot.ts'),
    import('./config.ts'),
    import('./logging.ts'),
  ]);
  const { port = 0, database = ':memory:', logLevel = 'silent' } = options;
  const settings = resolveSettings({ options: { ...options, port, database, logLevel } });
  const logger = await createLogger({ level: settings.logLevel, format: settings.logFormat });
  const running = await boot(settings, logger);
  return createStub(createControlPlane(sendInto(running, running.adminToken)), running);
}
