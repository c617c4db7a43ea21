import { isatty } from 'node:tty';
import spawn from 'cross-spawn';
import { boot } from '../boot.ts';
import { EXEC_DEFAULTS, environmentWith, loadSettings } from '../config.ts';
import { handleOf } from '../handle/in-process.ts';
import { createLogger } from '../logging.ts';
import { CONTROL_PREFIX } from '../planes.ts';
import { StartupError } from '../startup-error.ts';
import { origin } from './origin.ts';
import type { Caught, Ending } from './signals.ts';

type Command = readonly [file: string, ...args: string[]];

/**
 * Runs a command with a stub beside it, which it finds in its environment, and resolves with how the command ended.
 * Standard output is the command's alone.
 */
export async function exec(command: Command, flags: Record<string, unknown>, caught: Caught): Promise<Ending> {
  // A PORT in the environment is for the program under test.
  const settings = loadSettings(flags, { defaults: EXEC_DEFAULTS, foreignPort: true });
  const logger = await createLogger({ level: settings.logLevel, format: settings.logFormat, stream: process.stderr });
  const running = await boot(settings, logger, caught.stopping).catch((error) => {
    if (!caught.first || error instanceof StartupError) throw error;
  });
  if (!running) return caught.first as NodeJS.Signals;
  const stub = handleOf(running);
  try {
    const { chatbotId, token } = await stub.chatbot();
    const url = origin(stub);
    logger.info({ chatbotId }, `ready on ${stub.url}`);
    if (caught.first) return caught.first;
    const env = environmentWith({
      CHATCAPTAIN_URL: url,
      CHATCAPTAIN_TOKEN: settings.token ?? token,
      CHATCAPTAIN_CHATBOT_ID: chatbotId,
      STUB_ADMIN_URL: `${url}${CONTROL_PREFIX}`,
      ...(stub.adminToken !== undefined && { STUB_ADMIN_TOKEN: stub.adminToken }),
    });
    return await runCommand(command, env, caught);
  } finally {
    // Nobody is left to pass a signal on to: one that comes now asks us to leave what the command left behind.
    const hurry = new Promise<void>((resolve) => {
      caught.pass = () => resolve();
    });
    await Promise.race([stub.close(), hurry]);
  }
}

async function runCommand(command: Command, env: NodeJS.ProcessEnv, caught: Caught): Promise<Ending> {
  try {
    return await ending(command, env, caught);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    process.stderr.write(`error: ${JSON.stringify(command[0])} cannot be run: ${WHY[String(code)] ?? message}\n`);
    // As a shell has it, and env(1).
    return code === 'ENOENT' ? 127 : 126;
  }
}

const WHY: Record<string, string> = {
  ENOENT: 'there is no such command',
  EACCES: 'it is no program that this user may execute',
};

function ending([file, ...args]: Command, env: NodeJS.ProcessEnv, caught: Caught): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, stdio: 'inherit' });
    const errors: NodeJS.ErrnoException[] = [];
    child.on('error', (error) => errors.push(error));
    child.on('close', (code, signal) => {
      // Another error is that a signal could not be passed on, to a command that became another user. It is no end.
      const failure = errors.find(({ syscall }) => syscall?.startsWith('spawn'));
      if (failure) reject(failure);
      else resolve(signal ?? (code as number));
    });
    caught.pass = (signal) => {
      if (!reachesCommand(signal)) child.kill(signal);
    };
  });
}

/**
 * Whether a signal that reached us has reached the command, too. A terminal sends what its keys mean to every process in
 * its foreground. Passed on besides, a Ctrl-C would arrive twice, and many programs take the second one for "at once".
 * Windows knows only such signals; to pass one on there would be to kill.
 *
 * By node:tty: to ask `process.stdin` would open the stream, and that is the command's.
 */
function reachesCommand(signal: NodeJS.Signals): boolean {
  const isOfKeyboard = signal === 'SIGINT' || signal === 'SIGQUIT';
  return process.platform === 'win32' || (isOfKeyboard && isatty(0));
}
