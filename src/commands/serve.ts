import { boot, type Running } from '../boot.ts';
import { loadSettings, type Settings } from '../config.ts';
import { createLogger, formatOf } from '../logging.ts';

/** Starts the server, says where it is, and stops it when `signal` comes, which may be before it has started. */
export async function serve(flags: Record<string, unknown>, signal: Promise<NodeJS.Signals>): Promise<void> {
  const settings = loadSettings(flags);
  const format = formatOf(settings.logFormat);
  const logger = await createLogger({ level: settings.logLevel, format });
  const stub = await boot(settings, logger);

  const curl = curlLine(stub, settings);
  // What waits for this line must not depend on how many others are wanted.
  const announcing = logger.child({}, { level: settings.logLevel === 'silent' ? 'silent' : 'info' });
  announcing.info({ curl }, `ready on ${stub.url}`);
  // In the JSON on standard output the line's quotes are escaped, so people get it on the other stream.
  const people = format === 'pretty' ? process.stdout : process.stderr;
  people.write(`${introduction(stub, settings)}\n  ${curl}\n\nDocumentation: ${origin(stub)}/docs\n\n`);

  logger.info({ signal: await signal }, 'stopping');
  await stub.close();
  logger.info('stopped');
}

function introduction({ token }: Running, settings: Settings): string {
  if (settings.token !== undefined) return '\nTry it (STUB_TOKEN must be set in the shell that runs this):\n';
  if (token !== undefined) return '\nTry it. This is the only time the token is shown:\n';
  return (
    '\nTry it with a token that you have in STUB_TOKEN. The database holds some, as hashes only; the command\n' +
    '`token create` makes another:\n'
  );
}

/** A request that this server answers with 201. A token that somebody chose is not repeated, it may be in use elsewhere. */
function curlLine(stub: Running, settings: Settings): string {
  const isFresh = stub.token !== undefined && settings.token === undefined;
  const bearer = isFresh ? `'authorization: Bearer ${stub.token}'` : '"authorization: Bearer $STUB_TOKEN"';
  const body = { name: 'John Doe', email: 'john.doe@example.com', phone: '+4917612345678', channelId: 'web' };
  return (
    `curl -i ${origin(stub)}/v1/inbox/my-chatbot/conversations ` +
    `-H ${bearer} -H 'content-type: application/json' -d '${JSON.stringify(body)}'`
  );
}

/** Where this machine reaches the server: one that listens on every interface is on the loopback too. */
function origin({ url }: { url: string }): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}
