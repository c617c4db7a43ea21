// The tools as processes: each in a group of its own, with a time-out, ended by its id.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';

/** The longest that a tool may take, on a machine that has other things to do. In milliseconds. */
const PATIENCE = 120_000;

/** What keeps the tools from calling anybody, and from reading what somebody has at home. */
const OFF = {
  NO_COLOR: '1',
  DO_NOT_TRACK: '1',
  PACT_DO_NOT_TRACK: 'true',
  REDOCLY_TELEMETRY: 'off',
  REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
};

const running = new Set<ChildProcess>();
let folder: string | undefined;

/** A new folder in the one that the run leaves behind nothing of. */
export function newFolder(): string {
  folder ??= mkdtempSync(path.join(tmpdir(), 'chatcaptain-stub-contract-'));
  return mkdtempSync(path.join(folder, 'tool-'));
}

export interface Ended {
  code: number | null;
  stdout: string;
  /** Both streams, without colours. */
  output: string;
}

/** Runs a command to its end. Which exit code is a good one is for the caller to say. */
export async function run(command: string[], cwd: string, env: Record<string, string> = {}): Promise<Ended> {
  const { child, said } = begin(command, cwd, env);
  const isLate = pause(PATIENCE, true, { ref: false });
  const closed = once(child, 'close').then(() => false);
  if (await Promise.race([closed, isLate])) {
    end(child);
    throw new Error(`${command.join(' ')}: not done after ${PATIENCE / 1000} s. It said: ${said().output}`);
  }
  return { code: child.exitCode, ...said() };
}

/** A process that serves. */
export interface Serving {
  /** What matched. */
  match: RegExpExecArray;
  close(): void;
}

/** Starts a command that serves, and resolves as soon as what it says has the match. */
export async function serve(command: string[], cwd: string, ready: RegExp): Promise<Serving> {
  const { child, said } = begin(command, cwd, {});
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    const match = ready.exec(said().output);
    if (match) return { match, close: () => end(child) };
    if (child.exitCode !== null || performance.now() > deadline) {
      end(child);
      throw new Error(`${command.join(' ')} does not serve. It said: ${said().output}`);
    }
    await pause(20);
  }
}

/** For the end of the run, whichever it is. */
export function cleanUp(): void {
  for (const child of running) end(child);
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function begin([file = '', ...args]: string[], cwd: string, env: Record<string, string>) {
  const home = path.join(cwd, 'home');
  mkdirSync(home, { recursive: true });
  const PATH = process.env['PATH'] ?? '';
  const child = spawn(file, args, {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, HOME: home, ...OFF, ...env },
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let stdout = '';
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return { child, said: () => ({ stdout, output: stripVTControlCharacters(output) }) };
}

function end(child: ChildProcess): void {
  try {
    process.kill(-(child.pid as number), 'SIGKILL');
  } catch {
    // All of the group has gone.
  }
}
