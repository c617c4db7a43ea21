// The container engine, for the checks beside this file, which rooms start: support.sh sets the variables.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The image that is looked at. */
export const IMAGE = process.env['CHECK_IMAGE'] ?? 'chatcaptain-stub:check';

/** What the names of this run's containers begin with. */
export const RUN = process.env['CHECK_RUN'] ?? 'chatcaptain-stub-check';

/** The label by which the end of the run finds them. */
export const LABEL = process.env['CHECK_LABEL'] ?? 'chatcaptain-stub.check=0';

/** A container that is locked down as far as it goes. */
export const LOCKED_DOWN = [
  ...['--label', LABEL, '--publish', '127.0.0.1::4650'],
  ...['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
];

/** Runs `docker` with these arguments and returns what it prints on both streams. Rejects when it fails. */
export async function docker(...args: string[]): Promise<string> {
  const { stdout, stderr } = await execute('docker', args, { maxBuffer: 2 ** 28 });
  return stdout + stderr;
}

/** The same, without what it prints where it fails. */
export async function dockerQuietly(...args: string[]): Promise<void> {
  await docker(...args).catch(() => {});
}

/** Runs a container under this name, in the place of an earlier one. */
export async function run(name: string, ...options: string[]): Promise<void> {
  await dockerQuietly('rm', '--force', '--volumes', name);
  await docker('run', '--detach', '--name', name, ...LOCKED_DOWN, ...options, IMAGE);
}

/** Where it can be asked; anew each time, since a restart may change the port. */
export async function urlOf(name: string): Promise<string> {
  const [address = ''] = (await docker('port', name, '4650/tcp')).split('\n');
  return `http://${address}`;
}

export interface State {
  Status: string;
  ExitCode: number;
  OOMKilled: boolean;
  StartedAt: string;
  FinishedAt: string;
  Health?: {
    Status: string;
    FailingStreak: number;
    Log: { Start: string; End: string; ExitCode: number; Output: string }[];
  };
}

export async function stateOf(name: string): Promise<State> {
  return JSON.parse(await docker('inspect', '--format', '{{json .State}}', name));
}

/** Waits until it answers 200 on `/readyz`, which is sooner than its health check. */
export async function ready(name: string, timeoutMs = 30_000): Promise<string> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const url = await urlOf(name);
    const isReady = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) }).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (isReady) return url;
    if (Date.now() > deadline) throw new Error(`${name} is not ready:\n${await docker('logs', name)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A line that the room shows below its check. */
export function figure(text: string): void {
  process.stdout.write(`# ${text}\n`);
}
