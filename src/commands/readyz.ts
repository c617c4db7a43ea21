import { accessSync, constants } from 'node:fs';
import { connect } from 'node:net';
import { describeSettings, loadSettings, SettingsError } from '../config.ts';
import { clearTimeout, setTimeout, sleep } from '../timers.ts';

export interface ReadyzFlags {
  host?: string;
  port?: string;
  wait?: boolean;
  timeout?: string;
  hold?: string;
}

/** The settings that `readyz` has flags for. */
export const READYZ_SETTINGS = describeSettings().filter(({ name }) => name === 'host' || name === 'port');

/** Its own flags. */
export const READYZ_FLAGS = [
  { name: 'wait', value: undefined, description: 'ask again until it is ready' },
  { name: 'timeout', value: 'seconds', description: 'how long --wait waits (default: 30)' },
  {
    name: 'hold',
    value: 'seconds',
    description:
      'once the server has run for 15 seconds, keep a good answer back for so long: for a container engine that asks ' +
      'again each second, which is right at the start and too often for months; its time-out must be longer',
  },
] as const;

const PAUSE = 100;
/** How long one question waits for its answer, in milliseconds. */
const PATIENCE = 2000;
/** How much of an answer is looked at, in characters. */
const LARGEST = 65_536;
/** Until a server is so old nothing is held: whoever waits for its start should hear of it at once. In seconds. */
const START = 15;
const LONGEST_HOLD = 3600;
const SLEEP = '/bin/sleep';

interface Answer {
  isReady: boolean;
  why: string;
  /** How long the server has been up, in seconds; infinite where it does not say. */
  uptime: number;
}

/**
 * Reads what is asked for, and returns what asks `/readyz` of the server that the settings name and resolves with the exit
 * code: 0 ready, 1 not.
 *
 * @throws SettingsError before anything is asked
 */
export function prepareReadyz(flags: ReadyzFlags): () => Promise<number> {
  const { host, port } = loadSettings({ host: flags.host, port: flags.port });
  const timeout = secondsOf('timeout', flags.timeout ?? '30');
  const held = secondsOf('hold', flags.hold ?? '0', LONGEST_HOLD);
  return async () => {
    const deadline = Date.now() + timeout * 1000;
    // A server on every interface is asked on the loopback.
    const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
    for (;;) {
      const answer = await ask(reachable, port);
      if (answer.isReady) {
        process.stdout.write('ready\n');
        if (held > 0 && answer.uptime >= START) await hold(held);
        return 0;
      }
      if (!flags.wait || Date.now() + PAUSE > deadline) {
        process.stderr.write(`not ready: ${answer.why} on ${host}:${port}\n`);
        return 1;
      }
      await sleep(PAUSE);
    }
  };
}

function secondsOf(flag: string, text: string, most = Number.POSITIVE_INFINITY): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= most) return seconds;
  const bound = most === Number.POSITIVE_INFINITY ? '' : `, at most ${most}`;
  throw new SettingsError([`--${flag} ${text}: must be a number of seconds${bound}`]);
}

/** By node:net: loading node:http takes longer than all the rest of a health check. In HTTP/1.0 the end is the end. */
function ask(host: string, port: number): Promise<Answer> {
  return new Promise((resolve) => {
    let text = '';
    let failure = 'no HTTP answer';
    const socket = connect({ host, port });
    const patience = setTimeout(() => socket.destroy(new Error('no answer')), PATIENCE);
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.length > LARGEST) socket.destroy();
    });
    socket.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      failure = code ?? message;
    });
    socket.on('close', () => {
      clearTimeout(patience);
      resolve(answerIn(text) ?? { isReady: false, why: failure, uptime: 0 });
    });
    const name = host.includes(':') ? `[${host}]` : host;
    socket.write(`GET /readyz HTTP/1.0\r\nHost: ${name}:${port}\r\nConnection: close\r\n\r\n`);
  });
}

function answerIn(text: string): Answer | undefined {
  const [, status] = /^HTTP\/1\.\d (\d{3})\b/.exec(text) ?? [];
  if (status === undefined) return undefined;
  const { check, reason, uptimeSeconds } = bodyIn(text);
  return {
    isReady: status === '200',
    why:
      [check, reason]
        .filter((part) => typeof part === 'string' && part !== '')
        .map(oneLine)
        .join(': ') || `status ${status}`,
    uptime: typeof uptimeSeconds === 'number' ? uptimeSeconds : Number.POSITIVE_INFINITY,
  };
}

/** Empty where another program answers: what listens there need not be a stub. */
function bodyIn(text: string): Record<string, unknown> {
  try {
    return { ...JSON.parse(text.slice(text.indexOf('\r\n\r\n'))) };
  } catch {
    return {};
  }
}

/** Of what another program answers, nothing may move the cursor of a terminal. */
function oneLine(text: unknown): string {
  return String(text)
    .replace(/\p{C}+/gu, ' ')
    .slice(0, 200);
}

/**
 * Waits in a process that costs next to nothing. This one, held, has 15 MB of memory to itself, which is more than many a
 * container has to spare; `sleep`, in its place, 0.1 MB.
 */
async function hold(seconds: number): Promise<void> {
  // A failure of execve would abort this process.
  if (isExecutable(SLEEP)) process.execve?.(SLEEP, ['sleep', String(seconds)], {});
  await sleep(seconds * 1000);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
