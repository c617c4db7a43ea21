// Every answer that leaves a stub of this process, or of one that it starts, is held to the stub's own documents: a test in
// which one is otherwise fails, whatever it looks at. Node loads this file before a test file (.taprc), and before each
// program that a test starts. It hangs on Node's diagnostics channels, below all that a test could call.

import diagnostics from 'node:diagnostics_channel';
import { appendFileSync, existsSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { type IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Difference } from '../../../src/contract/conformance.ts';
import type { Decision } from '../../../src/decisions.ts';
import { isTheStub } from './not-the-stub.ts';
import { createReader, type SentAnswer } from './reader.ts';

/** Names the file in which the processes that a test starts leave what they found. */
const FILE = 'ANSWERS_OF_STUBS';
const inherited = process.env[FILE];
const file = inherited ?? path.join(tmpdir(), `stub-answers-${process.pid}-${Date.now()}.txt`);
const found = new Map<string, number>();

function tell(what: string, differences: readonly Difference[]): void {
  for (const { place, detail } of differences) {
    const line = `${what}: ${place} ${detail}`;
    const times = found.get(line) ?? 0;
    found.set(line, times + 1);
    if (inherited !== undefined && times === 0) appendFileSync(file, `${line}\n`);
  }
}

/** Loaded where a stub is made: most processes make none. Until then what is to be judged waits. */
let judge: typeof import('./judge.ts') | undefined;
let isLoading = false;
const pending: (() => void)[] = [];

async function load(): Promise<void> {
  if (isLoading) return;
  isLoading = true;
  judge = await import('./judge.ts');
  for (const work of pending.splice(0)) carefully(work);
}

function whenLoaded(work: () => void): void {
  if (judge) work();
  else pending.push(work);
  load();
}

/** What goes wrong here must not go wrong in the server. */
function carefully(work: () => void): void {
  try {
    work();
  } catch (error) {
    tell('the check itself', [{ place: 'failed:', detail: String((error as Error).stack) }]);
  }
}

/** A request, as far as its answer depends on it. The request itself is not kept: it may be large. */
interface Asked {
  method: string;
  target: string;
  prefer: string | undefined;
  decisions: readonly Decision[];
}

const asked = new WeakMap<IncomingMessage, Asked>();

function noteOf(request: IncomingMessage): Asked {
  const { method = '', url: target = '', headers } = request;
  const note = { method, target, prefer: headers['prefer'] as string | undefined, decisions: [] };
  asked.set(request, note);
  return note;
}

function faultOf({ decisions }: Asked): string | undefined {
  return decisions.find(({ step, outcome }) => step === 'fault' && outcome === 'applied')?.detail;
}

function look(request: Asked, answer: SentAnswer): void {
  const what = `${request.method} ${request.target.slice(0, 200)} ${answer.status}`;
  const fault = faultOf(request);
  whenLoaded(() => tell(what, judge?.differencesOf({ ...request, fault }, answer) ?? []));
}

diagnostics.subscribe('fastify.initialization', (message) => {
  load();
  const { fastify } = message as { fastify: FastifyInstance };
  // Before any fault steps in.
  fastify.addHook('preHandler', (request, _reply, done) => {
    (asked.get(request.raw) ?? noteOf(request.raw)).decisions = request.decisions;
    done();
  });
  // Requests that come past the network.
  const inject = fastify.inject.bind(fastify) as (
    options: unknown,
  ) => Promise<Awaited<ReturnType<typeof fastify.inject>>>;
  Object.assign(fastify, {
    async inject(options: unknown, ...more: unknown[]) {
      if (options === undefined || more.length > 0)
        throw new Error('in the tests, inject is called with options alone');
      const answer = await inject(options);
      const { statusCode: status, headers, payload: text } = answer;
      const request = answer.raw.req as IncomingMessage;
      carefully(() => {
        look(asked.get(request) ?? noteOf(request), { status, headers: headers as SentAnswer['headers'], text });
      });
      return answer;
    },
  });
});

// Requests that come over the network: of each connection, those that have no answer yet.
const waiting = new WeakMap<Socket, Asked[]>();

diagnostics.subscribe('http.server.request.start', (message) => {
  const { request, socket } = message as { request: IncomingMessage; socket: Socket };
  waiting.get(socket)?.push(noteOf(request));
});

diagnostics.subscribe('net.server.socket', (message) => {
  const { socket } = message as { socket: Socket & { server?: unknown } };
  if (!(socket.server instanceof Server) || !isTheStub(socket.server)) return;
  const unanswered: Asked[] = [];
  waiting.set(socket, unanswered);
  let current: Asked | undefined;
  const reader = createReader(
    () => {
      current = unanswered.shift();
      return current?.method === 'HEAD';
    },
    (answer) => {
      const request = current;
      current = undefined;
      if (request) look(request, answer);
      else whenLoaded(() => tell(`no request ${answer.status}`, judge?.differencesOfRefusal(answer) ?? []));
    },
    (bytes) => {
      // A fault may have asked for it.
      if (unanswered.some((request) => /: connection garbage/.test(faultOf(request) ?? ''))) return;
      tell('bytes', [{ place: 'answer', detail: `is no HTTP: ${bytes.toString('latin1', 0, 100)}` }]);
    },
  );
  // Beneath everything that is written, whatever wrote it.
  const { _write, _writev } = socket as unknown as Streamed;
  Object.assign(socket, {
    _write(chunk: Buffer | string, encoding: BufferEncoding, done: () => void) {
      _write.call(socket, chunk, encoding, done);
      carefully(() => reader.take(bytesOf(chunk, encoding)));
    },
    _writev(chunks: { chunk: Buffer | string; encoding: BufferEncoding }[], done: () => void) {
      // Before: the list is emptied when it is written.
      const bytes = Buffer.concat(chunks.map(({ chunk, encoding }) => bytesOf(chunk, encoding)));
      _writev.call(socket, chunks, done);
      carefully(() => reader.take(bytes));
    },
  } satisfies Streamed);
  socket.once('close', () => carefully(() => reader.end()));
});

interface Streamed {
  _write(chunk: Buffer | string, encoding: BufferEncoding, done: () => void): void;
  _writev(chunks: { chunk: Buffer | string; encoding: BufferEncoding }[], done: () => void): void;
}

const bytesOf = (chunk: Buffer | string, encoding: BufferEncoding): Buffer =>
  typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;

process.on('exit', () => {
  for (const _ of pending) tell('an answer', [{ place: 'left', detail: 'when it was too late to judge it' }]);
});

if (inherited === undefined) {
  process.env[FILE] = file;
  process.env['NODE_OPTIONS'] = `${process.env['NODE_OPTIONS'] ?? ''} --import=${import.meta.url}`;
  process.on('exit', () => {
    const elsewhere = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
    rmSync(file, { force: true });
    const lines = [...found.keys(), ...elsewhere.map((line) => `in a process of its own: ${line}`)];
    if (lines.length === 0) return;
    const shown = lines.slice(0, 50).map((line) => `  ${line}\n`);
    writeSync(
      2,
      `FAILED: ${lines.length} kinds of answers are otherwise than the stub's documents say:\n${shown.join('')}`,
    );
    process.exitCode = 1;
  });
}
