import { fstatSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { type FastifyBaseLogger, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import { type DestinationStream, pino } from 'pino';
import type { Decision } from './decisions.ts';
import { isDataPlane } from './planes.ts';
import { credentialsIn, redactHeaders, redactTarget, redactText } from './redaction.ts';
import { setImmediate } from './timers.ts';

export interface LoggerOptions {
  level: string;
  format: 'auto' | 'json' | 'pretty';
  /** Where the lines go: standard output, unless that belongs to somebody else. */
  stream?: typeof process.stdout | typeof process.stderr;
  /** Takes them in its place where a test looks at them. */
  destination?: DestinationStream;
}

/** A logger that writes JSON, or lines for people on a terminal. */
export async function createLogger(options: LoggerOptions): Promise<FastifyBaseLogger> {
  const { level, format, stream = process.stdout, destination } = options;
  const output = destination ?? tolerantOutput(stream.fd, stream);
  const colorize = destination === undefined && stream.isTTY;
  const lines = formatOf(format, stream) === 'pretty' ? await prettyStream(output, colorize) : output;
  return pino({ level }, lines) as FastifyBaseLogger;
}

/** What `auto` means on this stream. */
export function formatOf(
  format: LoggerOptions['format'],
  stream: { isTTY: boolean } = process.stdout,
): 'json' | 'pretty' {
  if (format !== 'auto') return format;
  return stream.isTTY ? 'pretty' : 'json';
}

/** How much of the log may wait for a slow reader, in bytes. What comes beyond it is left out. */
const PATIENCE = 1024 * 1024;

/** Those that may fail already: standard output outlives the servers of a test suite. */
const tolerated = new WeakSet<Writable>();

/**
 * A place for log lines that may fail: a full disk, or a reader that is slow or gone, costs lines and never a request.
 * (pino's own destination tries again, at the exit even for ever.)
 *
 * @param fd what `stream` writes to; in a worker thread it has none, and writes through the main thread
 */
export function tolerantOutput(fd: number | undefined, stream: Writable): DestinationStream {
  if (fd !== undefined && fstatSync(fd).isFile()) {
    return together((lines) => {
      try {
        writeSync(fd, lines);
      } catch {
        // Not through the stream, which would end with its first error: a full disk may be emptied again.
      }
    });
  }
  if (!tolerated.has(stream)) stream.on('error', () => {});
  tolerated.add(stream);
  return together((lines) => {
    if (stream.writableLength < PATIENCE) stream.write(lines);
  });
}

/** What is still to be written, of every output of this process. */
const unwritten = new Set<() => void>();
let isWrittenAtExit = false;

function writeAll(): void {
  for (const write of unwritten) write();
}

/** Writes the lines of one event-loop turn at once: each write is a system call, as dear as much else of a request. */
function together(write: (lines: string) => void): DestinationStream {
  let lines = '';
  function writeLines(): void {
    unwritten.delete(writeLines);
    const text = lines;
    lines = '';
    if (text !== '') write(text);
  }
  return {
    write(line) {
      if (lines === '') {
        if (!isWrittenAtExit) process.on('exit', writeAll);
        isWrittenAtExit = true;
        unwritten.add(writeLines);
        setImmediate(writeLines);
      }
      if (lines.length < PATIENCE) lines += line;
    },
  };
}

/** The colours and the layout for a terminal; loaded only there. */
async function prettyStream(output: DestinationStream, colorize: boolean): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty');
  const destination = new Writable({
    decodeStrings: false,
    write(line, _encoding, done) {
      output.write(line);
      done();
    },
  });
  return pretty({
    destination,
    colorize,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,reqId,method,path,status,durationMs,why,curl,seed,upstream',
    messageFormat: (line, messageKey) => escapeControls(line['method'] ? requestLine(line) : String(line[messageKey])),
  });
}

function requestLine({ method, path, status, durationMs, why }: Record<string, unknown>): string {
  return `${method} ${path} ${status ?? 'no answer'} in ${durationMs} ms${why ? `: ${why}` : ''}`;
}

/** What callers send must not reach a terminal as control sequences. */
function escapeControls(text: string): string {
  return text.replace(/(?!\n)\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** One line for each request, when it is answered, with the reason where it was not plainly accepted. Holds no credential. */
export class RequestLog extends LogController {
  /** Which lines anybody will see: what goes into the others is not made. */
  readonly #written: Record<'info' | 'debug', boolean>;

  constructor(level: string) {
    super();
    const debug = level === 'debug' || level === 'trace';
    this.#written = { debug, info: debug || level === 'info' };
  }

  override incomingRequest(): void {}

  override requestCompleted(_error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply): void {
    this.completed(request, reply, reply.statusCode);
  }

  /** @param status absent when no answer went out */
  completed(request: FastifyRequest, reply: FastifyReply, status: number | undefined): void {
    // What people and tools ask the stub itself would hide what their programs ask of the API.
    const level = isDataPlane(request.url) ? 'info' : 'debug';
    if (!this.#written[level]) return;
    const { method, headers } = request;
    const credentials = credentialsIn(request.raw.rawHeaders);
    const durationMs = Math.round(reply.elapsedTime * 10) / 10;
    const reason = reasonOf(request.decisions);
    const why = reason && redactText(reason, credentials);
    request.log[level](
      {
        method,
        path: redactTarget(request.url, credentials),
        ...(status !== undefined && { status }),
        durationMs,
        ...(why && { why }),
        ...(this.#written.debug && { headers: redactHeaders(headers, credentials) }),
      },
      'answered',
    );
  }
}

function reasonOf(decisions: Decision[]): string {
  return decisions
    .filter(({ outcome }) => outcome !== 'passed')
    .map(({ step, outcome, detail }) => `${step} ${outcome}: ${detail}`)
    .join('; ');
}
