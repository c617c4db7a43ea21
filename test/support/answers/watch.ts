// Every answer that leaves a stub of this process, or of one that it starts, is held to the stub's own documents: a test in
// which one is otherwise fails, whatever it looks at. Node loads this file before a test file (.taprc), and before each
// program that a test starts. It hangs on Node's diagnostics channels, below all that a test could call.
import { ChildProcess } from 'node:child_process';
import diagnostics from 'node:diagnostics_channel';
import { type IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Decision } from '../../../src/decisions.ts';
import { FILE, findings, type Heard } from './findings.ts';
import type { Voice } from './judge.ts';
import { isAnsweredAsRecorded, isTheStub } from './not-the-stub.ts';
import { createReader, type SentAnswer } from './reader.ts';

const { hear, prepare, tell, file } = findings;

/** A request, as far as its answer depends on it. The request itself is not kept: it may be large. */
interface Note {
  method: string;
  target: string;
  prefer: string | undefined;
  decisions: readonly Decision[];
}

const notes = new WeakMap<IncomingMessage, Note>();

function noteOf(request: IncomingMessage): Note {
  const { method = '', url: target = '', headers } = request;
  const note = { method, target, prefer: headers['prefer'] as string | undefined, decisions: [] };
  notes.set(request, note);
  return note;
}

function faultOf({ decisions }: Note): string | undefined {
  return decisions.find(({ step, outcome }) => step === 'fault' && outcome === 'applied')?.detail;
}

function voiceOf({ decisions, target }: Note): Voice {
  if (isAnsweredAsRecorded(target)) return 'recorded';
  if (decisions.some(({ outcome, detail }) => outcome === 'applied' && detail.includes(' STUB_SHAPES ')))
    return 'recorded';
  const upstream = decisions.find(({ step }) => step === 'upstream');
  if (!upstream) return 'own';
  return / answered \d{3} in \S+ ms$/.test(upstream.detail) ? 'upstream' : 'without upstream';
}

function exchange(note: Note | undefined, answer: SentAnswer): Heard {
  if (!note) return { answer };
  const { method, target, prefer } = note;
  return { asked: { method, target, prefer, fault: faultOf(note), voice: voiceOf(note) }, answer };
}

/** What goes wrong here must not go wrong in the server. */
function carefully(work: () => void): void {
  try {
    work();
  } catch (error) {
    tell(`the check itself failed: ${(error as Error).stack}`);
  }
}

diagnostics.subscribe('fastify.initialization', (message) => {
  const { fastify } = message as { fastify: FastifyInstance };
  prepare();
  const take = ({ raw, decisions }: FastifyRequest): void => {
    // Other servers of the framework's, such as that of /docs, decide nothing.
    if (decisions) (notes.get(raw) ?? noteOf(raw)).decisions = decisions;
  };
  // Before any fault steps in; and of what is answered before that.
  fastify.addHook('preHandler', (request, _reply, done) => {
    take(request);
    done();
  });
  fastify.addHook('onSend', (request, _reply, _payload, done) => {
    take(request);
    done();
  });
  // Requests that come past the network.
  const inject = fastify.inject.bind(fastify) as (options: unknown) => ReturnType<typeof fastify.inject>;
  Object.assign(fastify, {
    async inject(options: unknown, ...more: unknown[]) {
      if (options === undefined || more.length > 0)
        throw new Error('in the tests, inject is called with options alone');
      const answer = await inject(options);
      const { statusCode: status, headers, payload: text } = answer;
      const request = answer.raw.req as IncomingMessage;
      const sent = { status, headers: headers as SentAnswer['headers'], text };
      carefully(() => hear(exchange(notes.get(request) ?? noteOf(request), sent)));
      return answer;
    },
  });
});

/** Requests that come over the network: of each connection, those that have no answer yet. */
const waiting = new WeakMap<Socket, Note[]>();

diagnostics.subscribe('http.server.request.start', (message) => {
  const { request, socket } = message as { request: IncomingMessage; socket: Socket };
  waiting.get(socket)?.push(noteOf(request));
});

diagnostics.subscribe('net.server.socket', (message) => {
  const { socket } = message as { socket: Socket & { server?: unknown } };
  if (!(socket.server instanceof Server) || !isTheStub(socket.server)) return;
  const unanswered: Note[] = [];
  waiting.set(socket, unanswered);
  let current: Note | undefined;
  const reader = createReader(
    () => {
      current = unanswered.shift();
      return current?.method === 'HEAD';
    },
    (answer) => hear(exchange(current, answer)),
    (bytes) => {
      const isAskedFor = unanswered.some((note) => /: connection garbage/.test(faultOf(note) ?? ''));
      if (!isAskedFor) tell(`an answer is no HTTP: ${JSON.stringify(bytes.toString('latin1', 0, 100))}`);
    },
  );
  // Beneath everything that is written, whatever wrote it.
  const { _write, _writev } = socket as unknown as Streamed;
  Object.assign(socket, {
    _write(chunk, encoding, done) {
      carefully(() => reader.take(bytesOf({ chunk, encoding })));
      _write.call(socket, chunk, encoding, done);
    },
    _writev(chunks, done) {
      carefully(() => reader.take(Buffer.concat(chunks.map(bytesOf))));
      _writev.call(socket, chunks, done);
    },
  } satisfies Streamed);
  socket.once('close', () => carefully(() => reader.end()));
});

interface Piece {
  chunk: Buffer | string;
  encoding: BufferEncoding;
}

interface Streamed {
  _write(chunk: Piece['chunk'], encoding: BufferEncoding, done: () => void): void;
  _writev(chunks: Piece[], done: () => void): void;
}

function bytesOf({ chunk, encoding }: Piece): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
}

// What a test starts is watched, too, also with an environment that the test has chosen.
process.env[FILE] = file;
process.env['NODE_OPTIONS'] = watched(process.env['NODE_OPTIONS']);
const { spawn } = ChildProcess.prototype as unknown as Spawning;
Object.assign(ChildProcess.prototype, {
  spawn(options) {
    const pairs = (options.envPairs ?? []).map((pair) => {
      return pair.startsWith('NODE_OPTIONS=') ? `NODE_OPTIONS=${watched(pair.slice('NODE_OPTIONS='.length))}` : pair;
    });
    if (!pairs.some((pair) => pair.startsWith('NODE_OPTIONS='))) pairs.push(`NODE_OPTIONS=${watched()}`);
    if (!pairs.some((pair) => pair.startsWith(`${FILE}=`))) pairs.push(`${FILE}=${file}`);
    return spawn.call(this, { ...options, envPairs: pairs });
  },
} satisfies Spawning);

interface Spawning {
  spawn(this: ChildProcess, options: { envPairs?: string[] }): unknown;
}

function watched(options = ''): string {
  const ours = `--import=${import.meta.url}`;
  return options.includes(ours) ? options : `${options} ${ours}`.trim();
}
