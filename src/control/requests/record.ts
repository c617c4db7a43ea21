// Brings requests into the journal, from each of the places where an answer leaves.
import { isUtf8 } from 'node:buffer';
import { type IncomingMessage, METHODS } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type AdjustableClock, iso } from '../../clock.ts';
import { type Decision, decide, type Violation } from '../../decisions.ts';
import { CONTROL_PREFIX, chatbotIn, isDataPlane } from '../../planes.ts';
import { credentialsIn, REDACTED, redactHeaders, redactName, redactTarget, redactText } from '../../redaction.ts';
import type { Entry, Message } from './entry.ts';
import type { Journal } from './journal.ts';
import { upstreamSideOf } from './upstream-side.ts';

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

/** One answer, or one request that got none. */
export interface Outcome {
  /** Absent when no answer went out. */
  status: number | undefined;
  /** Absent when the bytes that came in were no request; so is how long it took until the answer, if any, left. */
  request?: FastifyRequest;
  durationMs?: number;
}

export interface Recorder {
  /** Records every answer of this server's that leaves through its hooks. */
  attach(app: FastifyInstance): void;
  /** Records an answer that passes no hook. `status` is absent when none went out. */
  record(request: FastifyRequest, reply: FastifyReply, answer: { status?: number; body?: string | Buffer }): void;
  /** Adds to a refusal where its reason can be read. */
  linkTo(request: FastifyRequest, reply: FastifyReply): void;
  /**
   * Records the refusal of what the parser could not read, where a request to the data plane can be made out in it.
   * Returns the headers that the answer needs then.
   */
  recordUnreadable(unreadable: Unreadable): Record<string, string>;
  /** Says that the answer to this request has been recorded as unreadable. */
  skip(request: IncomingMessage): void;
  /** Calls `listener` once for each request from now on, also for those that the journal does not keep. */
  observe(listener: (outcome: Outcome) => void): void;
}

const HALF_CLOSED = 'the client had closed its side of the connection, and may not have seen the answer';

/** Where the entry of a request is, as a `Link` header (RFC 8288). */
function describedBy(id: string): string {
  return `<${CONTROL_PREFIX}/requests/${id}>; rel="describedby"`;
}

/** Builds what writes the journal: each request with its answer, once that is known. */
export function createRecorder({ journal, clock, settings }: RecorderContext): Recorder {
  const skipped = new WeakSet<IncomingMessage>();
  const observers: ((outcome: Outcome) => void)[] = [];

  function linkTo(request: FastifyRequest, reply: FastifyReply): void {
    if (!isDataPlane(request.raw.url as string)) return;
    // What is passed on from an upstream may have some already.
    const others = reply.getHeader('link') as string | string[] | undefined;
    reply.header('link', others === undefined ? describedBy(request.id) : [others, describedBy(request.id)].flat());
  }

  const record: Recorder['record'] = (request, reply, { status, body }) => {
    if (skipped.has(request.raw)) return;
    for (const observe of observers) observe({ status, request, durationMs: reply.elapsedTime });
    const target = request.raw.url as string;
    if (!isDataPlane(target)) return;
    const credentials = credentialsIn(request.raw.rawHeaders);
    const { exchange } = request;
    const sent = exchange?.outcome === 'answered' ? exchange.responseBody : body;
    const called = chatbotOf(request);
    const chatbotId = called ?? chatbotIn(target);
    journal.record({
      id: request.id,
      time: iso(clock.now(chatbotId)),
      method: request.method,
      ...parseTarget(target, credentials),
      chatbotId: shownId(chatbotId, called === undefined ? credentials : []),
      status,
      durationMs: Math.round(reply.elapsedTime * 100) / 100,
      request: { headers: redactHeaders(request.headers, credentials), body: keep(request.rawBody, credentials) },
      response: { headers: redactHeaders(reply.getHeaders(), credentials), body: keep(sent, credentials) },
      decisions: request.decisions.map((decision) => redactDecision(decision, credentials)),
      upstream: exchange && upstreamSideOf(exchange, credentials),
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
        } else {
          // A client that gives up closes so; one that only has nothing more to send closes alike.
          if (request.raw.socket.readableEnded) decide(request, 'sent', 'failed', HALF_CLOSED);
          record(request, reply, { status: reply.statusCode, body: payload as string });
        }
        done();
      });
    },
    record,
    linkTo,
    skip: (request) => void skipped.add(request),
    observe: (listener) => void observers.push(listener),
    recordUnreadable({ id, status, detail, packet, headers, body }) {
      for (const observe of observers) observe({ status });
      const { method, target, headers: received, credentials } = parsePacket(packet);
      if (method === '' || !isDataPlane(target)) return {};
      const chatbotId = chatbotIn(target);
      const link = { link: describedBy(id) };
      journal.record({
        id,
        time: iso(clock.now(chatbotId)),
        method: redactText(method, credentials),
        ...parseTarget(target, credentials),
        chatbotId: shownId(chatbotId, credentials),
        status,
        durationMs: 0,
        request: { headers: received },
        response: { headers: { ...headers, ...link }, body },
        decisions: [{ step: 'parsed', outcome: 'refused', detail }],
        seed: settings.seed,
      });
      return link;
    },
  };
}

/** The parts of a request target, without credentials. */
function parseTarget(target: string, credentials: readonly string[]): Pick<Entry, 'path' | 'query'> {
  const redacted = redactTarget(target, credentials);
  const start = redacted.indexOf('?');
  if (start === -1) return { path: redacted };
  return { path: redacted.slice(0, start), query: redacted.slice(start + 1) };
}

/** The chatbot that a route of the vendor's was called for. Without a readable URL there are no parameters. */
function chatbotOf({ params }: FastifyRequest): string | undefined {
  return (params as { chatbotId?: string } | null)?.chatbotId || undefined;
}

/**
 * The id of a chatbot for an entry. Where a route was called, it is the true one even if the request presents the same
 * text as its credential: entries are found, counted and reset by it, and an id that stands in every URL is no secret.
 * What looks like a token of ours is one that was put in the wrong place.
 */
function shownId(chatbotId: string | undefined, credentials: readonly string[]): string | undefined {
  return chatbotId && redactText(chatbotId, credentials);
}

/** What of a body is kept. A stream has none that could be read here without being used up. */
export function keep(body: unknown, credentials: readonly string[]): string | Buffer | undefined {
  const isBytes = Buffer.isBuffer(body);
  if ((typeof body !== 'string' && !isBytes) || body.length === 0) return undefined;
  const encoding = isBytes && !isUtf8(body) ? 'latin1' : 'utf8';
  // Cut last: half a credential would not be known for one.
  const text = redactText(isBytes ? body.toString(encoding) : body, credentials).slice(0, LONGEST_BODY);
  return encoding === 'utf8' ? text.toWellFormed() : Buffer.from(text, encoding);
}

/** Whether a message of an entry may have had a longer body than it has now. */
export function isCut({ headers, body }: Message): boolean {
  if (body?.length !== LONGEST_BODY) return false;
  return Buffer.byteLength(body) !== Number(headers['content-length']);
}

/** Whether an entry was made of bytes that are no HTTP request: nobody measured it, and nothing could come behind it. */
export function isUnreadable({ durationMs, response }: Entry): boolean {
  return durationMs === 0 && response.headers['connection'] === 'close';
}

function redactDecision(decision: Decision, credentials: readonly string[]): Decision {
  const { step, outcome, detail, violations, tokenId } = decision;
  const redacted: Decision = { step, outcome, detail: redactText(detail, credentials) };
  if (violations) redacted.violations = violations.map((violation) => redactViolation(violation, credentials));
  // Somebody may have chosen it as a credential.
  if (tokenId !== undefined) redacted.tokenId = redactText(tokenId, credentials);
  return redacted;
}

function redactViolation({ pointer, rule, expected, got }: Violation, credentials: readonly string[]): Violation {
  return {
    pointer: redactText(pointer, credentials),
    rule,
    expected: redactText(expected, credentials),
    ...(got !== undefined && { got: redactText(got, credentials) }),
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
  const [, method = '', target = '', version = ''] = /^([A-Z]{1,32}) (\S+)(?: (.*))?$/.exec(line) ?? [];
  // What other protocols say may begin alike.
  if (!version.startsWith('HTTP/') && !METHODS.includes(method))
    return { method: '', target: '', headers: {}, credentials: [] };
  const end = rest.indexOf('');
  const lines = end === -1 ? rest : rest.slice(0, end);
  // Also where the colon is missing or stands elsewhere.
  const presented = lines.flatMap(
    (text) => /^\s*(authorization|x-chatcaptain-key)[\s:]+(.*)$/i.exec(text)?.slice(1) ?? [],
  );
  const credentials = credentialsIn(presented);
  const headers: Record<string, string> = {};
  for (const text of lines) {
    const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}):(.*)$/.exec(text) ?? [];
    if (name === '') continue;
    const key = name.toLowerCase();
    headers[redactName(key, credentials)] = HARMLESS.has(key) ? redactText(value.trim(), credentials) : REDACTED;
  }
  return { method, target, headers, credentials };
}
