import { get } from 'node:http';
import { loadSettings, SettingsError } from '../config.ts';
import { sleep } from '../timers.ts';

const PAUSE = 100;
/** How long one question waits for its answer, in milliseconds. */
const PATIENCE = 2000;

/** Asks `/readyz` of the server that the settings name. Returns the exit code: 0 ready, 1 not. */
export async function readyz(flags: {
  host?: string;
  port?: string;
  wait?: boolean;
  timeout: string;
}): Promise<number> {
  const { host, port } = loadSettings({ host: flags.host, port: flags.port });
  if (!/^\d+(\.\d+)?$/.test(flags.timeout)) {
    throw new SettingsError([`--timeout ${flags.timeout}: must be a number of seconds`]);
  }
  const deadline = Date.now() + Number(flags.timeout) * 1000;
  // A server on every interface is asked on the loopback.
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  for (;;) {
    const answer = await ask(reachable, port);
    if (answer.isReady) {
      process.stdout.write('ready\n');
      return 0;
    }
    if (!flags.wait || Date.now() + PAUSE > deadline) {
      process.stderr.write(`not ready: ${answer.why} on ${host}:${port}\n`);
      return 1;
    }
    await sleep(PAUSE);
  }
}

function ask(host: string, port: number): Promise<{ isReady: boolean; why: string }> {
  return new Promise((resolve) => {
    const request = get({ host, port, path: '/readyz', timeout: PATIENCE, agent: false }, (response) => {
      response.resume();
      resolve({ isReady: response.statusCode === 200, why: `status ${response.statusCode}` });
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ isReady: false, why: error.code ?? error.message }),
    );
  });
}
