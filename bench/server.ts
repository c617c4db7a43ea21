// A server in a process of its own: started, asked until it answers 201, and ended with all that it has started.
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Contestant, TOKEN } from './contestants.ts';
import { ALL_CORES, pinned, SERVER_CORE } from './machine.ts';

export const PATH = '/v1/inbox/my-chatbot/conversations';
export const BODY = JSON.stringify({
  name: 'John Doe',
  email: 'john.doe@example.com',
  phone: '+4917612345678',
  channelId: 'sTjncRDMuTdv65ex4I05',
});
export const HEADERS = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };

const root = fileURLToPath(new URL('..', import.meta.url)).slice(0, -1);

/** The longest that anybody may take to answer 201 for the first time. */
const PATIENCE = 60_000;

/** Everything that a run leaves on the disk, made when something is first left there. */
let workFolder: string | undefined;
function inWorkFolder(...names: string[]): string {
  workFolder ??= mkdtempSync(path.join(tmpdir(), 'chatcaptain-stub-bench-'));
  return path.join(workFolder, ...names);
}

const running = new Set<ChildProcess>();
/** The beginning of what each has said on standard error, for when it fails. */
const firstWords = new WeakMap<ChildProcess, string>();

export interface Server {
  name: string;
  url: string;
  port: number;
  pid: number;
  folder: string;
  /** From before the process was made to the first 201. */
  startedIn: number;
  close: () => Promise<void>;
}

/** Starts it and waits for its first 201. The folder is a new one unless one is given. */
export async function start(
  contestant: Contestant,
  { cores = SERVER_CORE, folder = newFolder() } = {},
): Promise<Server> {
  const port = await freePort();
  const command = contestant.command(port, folder);
  const began = performance.now();
  const child = run(cores, [process.execPath, ...command], folder);
  const close = () => end(child);
  try {
    await answers201(child, port);
  } catch (error) {
    await close();
    throw new Error(`${contestant.name} does not serve: ${(error as Error).message}`);
  }
  const startedIn = performance.now() - began;
  const url = `http://127.0.0.1:${port}`;
  return { name: contestant.name, url, port, pid: child.pid as number, folder, startedIn, close };
}

export function newFolder(): string {
  return mkdtempSync(inWorkFolder('server-'));
}

/** A process group of its own, by which it is ended with what it starts. Its output is not kept, unless somebody reads it. */
export function run(
  cores: string,
  command: string[],
  cwd = inWorkFolder(),
  output: 'ignore' | 'pipe' = 'ignore',
): ChildProcess {
  const [file = '', ...args] = pinned(cores, command);
  const home = inWorkFolder('home');
  mkdirSync(home, { recursive: true });
  const stdio: StdioOptions = ['ignore', output, 'pipe'];
  const child = spawn(file, args, { cwd, detached: true, stdio, env: { ...process.env, HOME: home } });
  child.stderr?.on('data', (words: Buffer) => {
    firstWords.set(child, `${firstWords.get(child) ?? ''}${words}`.slice(0, 300));
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** How long a process takes that does nothing, from before it is made to its end. */
export async function timeOf(command: string[]): Promise<number> {
  const began = performance.now();
  const [code] = await once(run(ALL_CORES, command), 'exit');
  if (code !== 0) throw new Error(`${command.join(' ')}: exit code ${code}`);
  return performance.now() - began;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  kill(child, 'SIGTERM');
  const patience = setTimeout(() => kill(child, 'SIGKILL'), 5000);
  await gone;
  clearTimeout(patience);
  // What it has started, if it has not taken that along.
  kill(child, 'SIGKILL');
}

function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-(child.pid as number), signal);
  } catch {
    // All of the group has gone.
  }
}

export function wordsOf(child: ChildProcess): string {
  const words = (firstWords.get(child) ?? '').trim().replaceAll(/\s+/g, ' ');
  // They are kept in a file for everybody.
  return words.replaceAll(inWorkFolder(), 'TEMP').replaceAll(root, '.');
}

/** For the end of the run, whichever it is. */
export function cleanUp(): void {
  for (const child of running) kill(child, 'SIGKILL');
  if (workFolder !== undefined) rmSync(workFolder, { recursive: true, force: true, maxRetries: 5 });
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Asks each millisecond. What does not listen refuses at once, which costs the server nothing. */
async function answers201(child: ChildProcess, port: number): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  let last = 'it never listened';
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with exit code ${child.exitCode}: ${wordsOf(child)}`);
    try {
      const { status, body } = await post(`http://127.0.0.1:${port}${PATH}`);
      if (status === 201) return;
      last = `it answered ${status} ${body.slice(0, 200)}`;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') last = String(error);
    }
    await pause(1);
  }
  throw new Error(`no 201 within ${PATIENCE / 1000} s: ${last}`);
}

/** A valid request over a connection of its own, or of this agent. */
export async function post(url: string, agent: http.Agent | false = false): Promise<{ status: number; body: string }> {
  const length = Buffer.byteLength(BODY);
  const request = http.request(url, { method: 'POST', agent, headers: { ...HEADERS, 'content-length': length } });
  request.end(BODY);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return { status: response.statusCode as number, body: await text(response) };
}

/** What the server and the processes that it has started have in memory, in megabytes. Linux only. */
export function memoryOf({ pid }: Pick<Server, 'pid'>): { resident: number; proportional: number } {
  const kilobytes = (text: string, name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]);
  const all = groupOf(pid).map((member) => ({
    resident: kilobytes(readFileSync(`/proc/${member}/status`, 'utf8'), 'VmRSS'),
    proportional: kilobytes(readFileSync(`/proc/${member}/smaps_rollup`, 'utf8'), 'Pss'),
  }));
  const sum = (what: 'resident' | 'proportional') => all.reduce((total, one) => total + one[what], 0) / 1024;
  return { resident: sum('resident'), proportional: sum('proportional') };
}

function groupOf(pid: number): number[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.map(Number).filter((member) => statOf(member)[2] === String(pid));
}

/** The time that the process and those that it has started have had of a core so far, in milliseconds. Linux only. */
export function cpuTimeOf({ pid }: Pick<Server, 'pid'>): number {
  const all = groupOf(pid).map(statOf);
  return all.reduce((total, fields) => total + (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10, 0);
}

/** The fields of /proc/PID/stat behind the name, which may hold anything. */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    // It has ended meanwhile.
    return [];
  }
}
