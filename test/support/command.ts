// The command line as a person runs it: a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';

export const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Command {
  child: ChildProcess;
  /** What has come on standard output so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves with the match as soon as standard output holds one. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  ended: Promise<Ended>;
}

export interface CommandOptions {
  cwd: string;
  env?: NodeJS.ProcessEnv;
}

/** The environment of this process without settings of ours and without what tells a program that it is tested. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith('STUB_') && name !== 'PORT');
  return Object.fromEntries(entries);
}

/** Starts `chatcaptain-stub …`; the process ends with the test at the latest. */
export function start(t: Test, args: string[], { cwd, env = {} }: CommandOptions): Command {
  const child = spawn(process.execPath, [CLI, ...args], { cwd, env: { ...cleanEnvironment(), ...env } });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const listener of listeners) listener();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }) as Ended);
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const says = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(stdout);
        if (!match) return;
        listeners.delete(look);
        resolve(match);
      };
      listeners.add(look);
      look();
      ended.then(() => reject(new Error(`it ended without saying ${pattern}: ${stdout}${stderr}`)));
    });
  return { child, stdout: () => stdout, stderr: () => stderr, says, ended };
}

/** Runs `chatcaptain-stub …` to its end. */
export function run(t: Test, args: string[], options: CommandOptions): Promise<Ended> {
  return start(t, args, options).ended;
}

/** Starts a server on a free port and resolves once it says that it is ready. */
export async function serve(t: Test, args: string[], options: CommandOptions): Promise<Command & { url: string }> {
  const command = start(t, ['--port', '0', ...args], options);
  const [, url] = await command.says(/ready on (http:\/\/[^"\s]+)/);
  return { ...command, url: url as string };
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
