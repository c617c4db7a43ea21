import { boot, type Running, whatPassesTo } from '../boot.ts';
import { loadSettings, type Settings } from '../config.ts';
import { createLogger, formatOf } from '../logging.ts';
import { INSPECTOR } from '../planes.ts';
import { StartupError } from '../startup-error.ts';
import { origin } from './origin.ts';

/** Starts the server, says where it is, and stops it when `signal` comes, which may be before it has started. */
export async function serve(flags: Record<string, unknown>, signal: Promise<NodeJS.Signals>): Promise<void> {
  const settings = loadSettings(flags);
  const format = formatOf(settings.logFormat);
  const logger = await createLogger({ level: settings.logLevel, format });
  const stopping = new AbortController();
  signal.then(() => stopping.abort());
  const stub = await boot(settings, logger, stopping.signal).catch((error) => {
    if (!stopping.signal.aborted || error instanceof StartupError) throw error;
  });
  if (!stub) return;

  // What waits for this line must not depend on how many others are wanted. It holds no credential: logs are kept.
  const announcing = logger.child({}, { level: settings.logLevel === 'silent' ? 'silent' : 'info' });
  const { seed } = settings;
  const curl = curlLine(stub, '"authorization: Bearer $STUB_TOKEN"');
  announcing.info({ curl, ...(seed !== undefined && { seed }) }, `ready on ${stub.url}${seedNote(seed)}`);
  // A token is shown to people once. In JSON the quotes of the curl line would be escaped besides.
  const people = format === 'pretty' ? process.stdout : process.stderr;
  people.write(welcome(stub, settings));

  logger.info({ signal: await signal }, 'stopping');
  await stub.close();
  logger.info('stopped');
}

function seedNote(seed: string | undefined): string {
  return seed === undefined ? '' : ` with seed ${JSON.stringify(seed)}`;
}

/** What a person needs to begin. */
function welcome(stub: Running, settings: Settings): string {
  const isFresh = stub.token !== undefined && settings.token === undefined && settings.upstream === undefined;
  // A token that somebody chose is not repeated: it may be in use elsewhere.
  const bearer = isFresh ? `'authorization: Bearer ${stub.token}'` : '"authorization: Bearer $STUB_TOKEN"';
  return (
    `${introduction(stub, settings)}\n  ${curlLine(stub, bearer)}\n\n` +
    `Inspector: ${origin(stub)}${INSPECTOR}, each request and why it was answered so\n` +
    `Documentation: ${origin(stub)}/docs\n${controlPlane(stub, settings)}\n\n`
  );
}

function introduction({ token }: Running, settings: Settings): string {
  if (settings.upstream !== undefined) {
    return (
      `\nPassing through: ${whatPassesTo(settings.upstream)}.\n` +
      'Try it with a credential of that server in STUB_TOKEN, and a chatbot of its own for my-chatbot:\n'
    );
  }
  if (settings.token !== undefined) return '\nTry it (STUB_TOKEN must be set in the shell that runs this):\n';
  if (token !== undefined) return '\nTry it. This is the only time the token is shown:\n';
  return (
    '\nTry it with a token that you have in STUB_TOKEN. The database holds some, as hashes only; the command\n' +
    '`token create` makes another:\n'
  );
}

function controlPlane(stub: Running, settings: Settings): string {
  const where = `Control plane: ${origin(stub)}/__admin`;
  if (stub.adminToken === undefined) return `${where}, open to this machine`;
  if (settings.adminToken !== undefined) return `${where}, with STUB_ADMIN_TOKEN as bearer token`;
  return (
    `${where}, with this bearer token, which was made for this start (set STUB_ADMIN_TOKEN to choose one):\n` +
    `  ${stub.adminToken}`
  );
}

/** A request that this server answers with 201. */
function curlLine(stub: Running, bearer: string): string {
  const body = { name: 'John Doe', email: 'john.doe@example.com', phone: '+4917612345678', channelId: 'web' };
  return (
    `curl -i ${origin(stub)}/v1/inbox/my-chatbot/conversations ` +
    `-H ${bearer} -H 'content-type: application/json' -d '${JSON.stringify(body)}'`
  );
}
