// Requests as bytes, valid or not, and the answers that came for them.
import { connect } from 'node:net';

export interface WireRequest {
  method: string;
  /** As it stands in the request line, in Latin-1. */
  target: string;
  version: '1.0' | '1.1';
  /** In Latin-1, without those that frame the body. */
  headers: readonly (readonly [name: string, value: string])[];
  body: Buffer;
  framing: 'length' | 'chunked' | 'none' | 'too short' | 'too long' | 'both' | 'bad chunks';
}

export interface WireAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

export interface Conversation {
  answers: WireAnswer[];
  /** Whether the connection was reset: answers may have been lost with it. */
  wasReset: boolean;
  /** Whether the server had not closed it in time. */
  hangs: boolean;
}

/** How long a connection may take from its first byte to its end, in milliseconds. */
const PATIENCE = 20_000;

export function bytesOf({ method, target, version, headers, body, framing }: WireRequest): Buffer {
  const all = [...headers, ...FRAMES[framing](body)];
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const head = Buffer.from(`${method} ${target} HTTP/${version}\r\n${lines}\r\n`, 'latin1');
  if (framing === 'none') return head;
  if (framing === 'chunked') return Buffer.concat([head, ...chunksOf(body)]);
  if (framing === 'bad chunks') return Buffer.concat([head, Buffer.from('zz\r\n'), body]);
  return Buffer.concat([head, body]);
}

const FRAMES: Record<WireRequest['framing'], (body: Buffer) => [string, string][]> = {
  length: (body) => [['content-length', String(body.length)]],
  chunked: () => [['transfer-encoding', 'chunked']],
  none: () => [],
  'too short': (body) => [['content-length', String(Math.max(0, body.length - 3))]],
  'too long': (body) => [['content-length', String(body.length + 3)]],
  both: (body) => [
    ['content-length', String(body.length)],
    ['transfer-encoding', 'chunked'],
  ],
  'bad chunks': () => [['transfer-encoding', 'chunked']],
};

/** Pieces of 1, 2, 4 … bytes, with an extension, and a trailer behind the last. */
function chunksOf(body: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, size = 1; at < body.length; at += size / 2) {
    const piece = body.subarray(at, at + size);
    chunks.push(Buffer.from(`${piece.length.toString(16)};a=b\r\n`), piece, Buffer.from('\r\n'));
    size *= 2;
  }
  return [...chunks, Buffer.from('0\r\nx-trailer: 1\r\n\r\n')];
}

/** Sends bytes in packets that end at the given places, says that this was all, and takes what comes until the end. */
export async function converse(url: string, bytes: Buffer, cuts: number[], methods: string[]): Promise<Conversation> {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true, noDelay: true });
  const received: Buffer[] = [];
  let wasReset = false;
  let hangs = false;
  socket.on('data', (chunk) => received.push(chunk));
  socket.on('error', () => {
    wasReset = true;
  });
  const patience = setTimeout(() => {
    hangs = true;
    socket.destroy();
  }, PATIENCE);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const places = [...new Set(cuts.map((cut) => cut % bytes.length)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  for (const place of places) {
    socket.write(bytes.subarray(from, place));
    from = place;
    await new Promise(setImmediate);
  }
  socket.end();
  await closed;
  clearTimeout(patience);
  const raw = Buffer.concat(received);
  return { answers: wasReset ? answersBefore(raw, methods) : parseAnswers(raw, methods), wasReset, hangs };
}

function answersBefore(raw: Buffer, methods: string[]): WireAnswer[] {
  try {
    return parseAnswers(raw, methods);
  } catch {
    return [];
  }
}

/** Reads answers as RFC 9112 has them, to the last byte. @throws Error where it is anything else */
export function parseAnswers(raw: Buffer, methods: readonly string[]): WireAnswer[] {
  const answers: WireAnswer[] = [];
  let rest = raw;
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n');
    const [line = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n');
    const [, status] = /^HTTP\/1\.1 ([1-5]\d\d) [\x20-\x7e]*$/.exec(line) ?? [];
    if (end === -1 || status === undefined) throw new Error(`no answer of HTTP: ${rest.toString('latin1', 0, 200)}`);
    const headers = Object.fromEntries(lines.map(readHeader));
    rest = rest.subarray(end + 4);
    if (status.startsWith('1')) continue;
    const hasBody = methods[answers.length] !== 'HEAD' && status !== '204' && status !== '304';
    const [body, behind] = hasBody ? readBody(headers, rest) : [Buffer.alloc(0), rest];
    answers.push({ status: Number(status), headers, body });
    rest = behind;
  }
  return answers;
}

function readHeader(line: string): [string, string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new Error(`no header: ${JSON.stringify(line)}`);
  return [name.toLowerCase(), value];
}

function readBody(headers: Record<string, string>, rest: Buffer): [body: Buffer, behind: Buffer] {
  if (headers['transfer-encoding'] !== 'chunked') {
    const length = Number(headers['content-length']);
    if (!Number.isInteger(length) || length > rest.length) throw new Error(`a body cut short, or without a length`);
    return [rest.subarray(0, length), rest.subarray(length)];
  }
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = rest.indexOf('\r\n', at);
    const size = Number.parseInt(rest.toString('latin1', at, end), 16);
    if (end === -1 || Number.isNaN(size)) throw new Error('a chunk that is none');
    pieces.push(rest.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
    if (size === 0) return [Buffer.concat(pieces), rest.subarray(at)];
  }
}
