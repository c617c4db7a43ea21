// Brings requests into the journal, from each of the places where an answer leaves.
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AdjustableClock } from '../../clock.ts';
import { type Decision, decide } from '../../decisions.ts';
import { CONTROL_PREFIX, isDataPlane, originForm } from '../../planes.ts';
import { credentialsIn, REDACTED, redactHeaders, redactTarget, redactText } from '../../redaction.ts';
import type { Entry } from './entry.ts';
import type { Journal } from './journal.ts';

/** A longer body is cut, in characters. Only a `STUB_BODY_LIMIT` beyond it lets one in. */
const LONGEST_BODY = 1024 * 1024;

export interface RecorderContext {
  journal: Journal;
  clock: Pick<AdjustableClock, 'now'>;
  settings: { seed?: string };
}

/** What is known of bytes that were no HTTP request. */
export interface Unreadable {
  id: string;
  status: number;
  detail: string;
  /** What came in, as far as it was kept. */
  packet: Buffer | undefined;
  /** What went out. */
  headers: Record<string, string>;
  body: string;
}

export interface Recorder {
  /** Records every answer of this server's that leaves through its hooks. */
  attach(app: FastifyInstance): void;
  /** Records an answer that passes no hook. `status` is absent when none went out. */
  record(request: FastifyRequest, reply: FastifyReply, answer: { status?: number; body?: string | Buffer }): void;
  /** Adds to a refusal where its reason can be read. */
  linkTo(request: FastifyRequest, reply: FastifyReply): void;
  recordUnreadable(unreadable: Unreadable): void;
  /** Says that the answer to this request has been recorded as unreadable. */
  skip(request: IncomingMessage): void;
}

/** Where the entry of a request is, as a `Link` header (RFC 8288). */
export function describedBy(id: string): string {
  return `<${CONTROL_PREFIX}/requests/${id}>; rel="describedby"`;
}

export function createRecorder({ journal, clock, settings }: RecorderContext): Recorder {
  const skipped = new WeakSet<IncomingMessage>();

  function linkTo(request: FastifyRequest, reply: FastifyReply): void {
    if (isDataPlane(request.raw.url as string)) reply.header('link', describedBy(request.id));
  }

  const record: Recorder['record'] = (request, reply, { status, body }) => {
    const target = request.raw.url as string;
    if (!isDataPlane(target) || skipped.has(request.raw)) return;
    const credentials = credentialsIn(request.headers);
    const { path, query, chatbotId } = parseTarget(target, credentials);
    journal.record({
      id: request.id,
      time: new Date(clock.now(chatbotId)).toISOString(),
      method: request.method,
      path,
      query,
      chatbotId,
      status,
      durationMs: Math.round(reply.elapsedTime * 100) / 100,
      request: { headers: redactHeaders(request.headers, credentials), body: keep(request.rawBody, credentials) },
      response: { headers: redactHeaders(reply.getHeaders(), credentials), body: keep(body, credentials) },
      decisions: request.decisions.map((decision) => redactDecision(decision, credentials)),
      seed: settings.seed,
    });
  };

  return {
    attach(app) {
      app.addHook('onSend', (request, reply, payload, done) => {
        const isRefused = request.decisions.some(({ outcome }) => outcome === 'refused');
        if (isRefused || reply.statusCode >= 400) linkTo(request, reply);
        if (request.raw.socket.destroyed) {
          decide(request, 'sent', 'failed', 'the client had closed the connection');
          record(request, reply, {});
        } else record(request, reply, { status: reply.statusCode, body: payload as string });
        done();
      });
    },
    record,
    linkTo,
    skip: (request) => void skipped.add(request),
    recordUnreadable({ id, status, detail, packet, headers, body }) {
      const { method, target, headers: received, credentials } = parsePacket(packet);
      if (!isDataPlane(target)) return;
      const { path, query, chatbotId } = parseTarget(target, credentials);
      journal.record({
        id,
        time: new Date(clock.now(chatbotId)).toISOString(),
        method,
        path,
        query,
        chatbotId,
        status,
        durationMs: 0,
        request: { headers: received },
        response: { headers, body },
        decisions: [{ step: 'parsed', outcome: 'refused', detail }],
        seed: settings.seed,
      });
    },
  };
}

/** The parts of a request target, without credentials. A path that names no chatbot, or not readably, has none. */
export function parseTarget(
  target: string,
  credentials: readonly string[],
): Pick<Entry, 'path' | 'query' | 'chatbotId'> {
  const redacted = redactTarget(originForm(target), credentials);
  const start = redacted.indexOf('?');
  const path = start === -1 ? redacted : redacted.slice(0, start);
  // The resource of every operation of the vendor's stands behind the area: /v1/AREA/CHATBOT/…
  const [, segment] = /^\/v1\/[^/]+\/([^/]+)/.exec(path) ?? [];
  return { path, query: start === -1 ? undefined : redacted.slice(start + 1), chatbotId: decode(segment) };
}

function decode(segment: string | undefined): string | undefined {
  if (segment === undefined) return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function keep(body: string | Buffer | null | undefined, credentials: readonly string[]): string | Buffer | undefined {
  if (body === null || body === undefined || body.length === 0) return undefined;
  const bytes = Buffer.from(body);
  const encoding = isUtf8(bytes) ? 'utf8' : 'latin1';
  // Cut last: half a credential would not be known for one.
  const text = redactText(bytes.toString(encoding), credentials).slice(0, LONGEST_BODY);
  return encoding === 'utf8' ? text.toWellFormed() : Buffer.from(text, encoding);
}

function redactDecision(decision: Decision, credentials: readonly string[]): Decision {
  const { violations } = decision;
  return {
    ...decision,
    detail: redactText(decision.detail, credentials),
    ...(violations && { violations: JSON.parse(redactText(JSON.stringify(violations), credentials)) }),
  };
}

/** Headers that say what a request is and hold no secret. Of the others in a broken one only the name is kept. */
const HARMLESS = new Set(['host', 'user-agent', 'accept', 'content-type', 'content-length', 'transfer-encoding']);

interface Packet {
  method: string;
  target: string;
  headers: Record<string, string>;
  credentials: string[];
}

/** Reads what it can of bytes that are no HTTP request. */
function parsePacket(packet: Buffer = Buffer.alloc(0)): Packet {
  const [line = '', ...rest] = packet.toString('latin1').split(/\r?\n/);
  const [, method = '', target = ''] = /^([A-Z]{1,32}) (\S+)(?: |$)/.exec(line) ?? [];
  const received: Record<string, string> = {};
  for (const text of rest) {
    if (text === '') break;
    const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}):(.*)$/.exec(text) ?? [];
    if (name !== '') received[redactText(name).toLowerCase()] = value.trim();
  }
  const credentials = credentialsIn(received);
  const headers = Object.entries(received).map(([name, value]) => {
    return [name, HARMLESS.has(name) ? redactText(value, credentials) : REDACTED];
  });
  return { method, target, headers: Object.fromEntries(headers), credentials };
}
