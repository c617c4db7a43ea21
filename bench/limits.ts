// What one server takes, for docs/operations.md: node bench/limits.ts [ROUNDS]. The server as it is built, on a file, in a
// process of its own, with 32 connections; beside it, by turns, a bare Fastify that answers the same and does nothing
// for it. README.md says what each figure means.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { say } from './measurements.ts';

const ROUNDS = Number(process.argv[2] ?? 5);
const SECONDS = 4;
const CONNECTIONS = 32;
/** So many conversations are in the database that is backed up. */
const STORED = 100_000;

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const bare = fileURLToPath(new URL('./bare-fastify.ts', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'stub-limits-'));

interface Server {
  url: string;
  child: ChildProcess;
}

async function start(name: string, command: string[]): Promise<Server> {
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'ignore'], cwd: folder });
  let said = '';
  for await (const chunk of child.stdout as NodeJS.ReadableStream) {
    said += chunk;
    const [, url] = /ready on (http:\/\/[^"\s]+)/.exec(said) ?? [];
    if (url !== undefined) return { url, child };
  }
  throw new Error(`${name} did not start: ${said}`);
}

const serve = (name: string, ...settings: string[]) => {
  const database = path.join(folder, `${name}.sqlite`);
  return start(name, [
    cli,
    'serve',
    '--port',
    '0',
    '--token',
    'a',
    '--log-level',
    'warn',
    '--database',
    database,
    ...settings,
  ]);
};

async function stop({ child }: Server): Promise<void> {
  child.kill();
  await once(child, 'exit');
}

/** Memory that is in use, in megabytes. Linux only. */
function memoryOf({ child }: Server): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

const median = (all: number[]): number => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] as number;
const format = (value: number, digits = 0): string =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

const missing = [
  ['../dist/cli.js', 'npm run build'],
  ['./node_modules/autocannon', 'npm ci --prefix bench'],
].filter(([file]) => !existsSync(new URL(file as string, import.meta.url)));
if (missing.length > 0) {
  const commands = missing.map(([, command]) => command).join(' && ');
  process.stderr.write(`Nothing can be measured yet. First, in the root of the repository: ${commands}\n`);
  process.exit(1);
}

const { default: autocannon } = await import('autocannon');

async function load({ url }: Server, connections: number, duration: number) {
  const result = await autocannon({
    url: `${url}/v1/inbox/my-chatbot/conversations`,
    connections,
    duration,
    method: 'POST',
    headers: { authorization: 'Bearer a', 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'John Doe',
      email: 'john.doe@example.com',
      phone: '+4917612345678',
      channelId: 'web',
    }),
  });
  if (result.errors + result.non2xx > 0) throw new Error(`${result.errors} errors, ${result.non2xx} not 201`);
  return result;
}

try {
  const servers: Record<string, Server> = {
    'bare Fastify': await start('bare Fastify', [bare]),
    normal: await serve('normal'),
    full: await serve('full', '--durability', 'full'),
  };
  const idle = memoryOf(servers['normal'] as Server);
  for (const server of Object.values(servers)) await load(server, CONNECTIONS, 2);

  const rates = new Map<string, number[]>();
  const latencies = new Map<string, number[]>();
  for (let round = 1; round <= ROUNDS; round++) {
    for (const [name, server] of Object.entries(servers)) {
      say(`round ${round} of ${ROUNDS}: ${name}`);
      const { requests, latency } = await load(server, CONNECTIONS, SECONDS);
      rates.set(name, [...(rates.get(name) ?? []), requests.average]);
      latencies.set(name, [...(latencies.get(name) ?? []), latency.p99]);
    }
  }
  const loaded = memoryOf(servers['normal'] as Server);
  for (const server of Object.values(servers)) await stop(server);

  // With one entry in the journal, what grows is the conversations.
  const lean = await serve('lean', '--journal-entries', '1');
  const file = path.join(folder, 'lean.sqlite');
  const count = (): number => {
    const db = new Sqlite(file, { readonly: true });
    try {
      return db.prepare<[], number>('SELECT count(*) FROM conversations').pluck().get() as number;
    } finally {
      db.close();
    }
  };
  for (let stored = 0; stored < STORED; stored = count()) {
    say(`${format(stored)} of ${format(STORED)} conversations`);
    await load(lean, CONNECTIONS, 5);
  }
  const stored = count();
  const begin = performance.now();
  const backup = spawn(process.execPath, [cli, 'backup', 'copy.sqlite', '--database', file], {
    cwd: folder,
    stdio: 'ignore',
  });
  const [code] = await once(backup, 'exit');
  if (code !== 0) throw new Error(`backup ended with ${code}`);
  const backupTime = performance.now() - begin;
  await stop(lean);
  const journal = statSync(path.join(folder, 'normal.sqlite')).size;

  say('');
  const unit = median(rates.get('bare Fastify') as number[]);
  const rows: string[][] = [['', 'per second', 'ratio', 'p99 ms']];
  for (const [name, all] of rates) {
    rows.push([
      name,
      format(median(all)),
      (median(all) / unit).toFixed(2),
      format(median(latencies.get(name) as number[])),
    ]);
  }
  for (const cells of rows) {
    process.stdout.write(
      `${(cells[0] as string).padEnd(14)}${cells
        .slice(1)
        .map((cell) => cell.padStart(12))
        .join('')}\n`,
    );
  }
  process.stdout.write(
    [
      `memory: ${format(idle)} MB idle, ${format(loaded)} MB after that load`,
      `a conversation: ${format(statSync(file).size / stored)} bytes in the file (${format(stored)} of them)`,
      `its back-up, beside the server: ${format(backupTime)} ms for ${format(statSync(file).size / 1e6)} MB`,
      `a database with the journal at its bound: ${format(journal / 1e6)} MB with what else was stored`,
      `Node ${process.version}; ${new Date().toISOString().slice(0, 10)}`,
      '',
    ].join('\n'),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
