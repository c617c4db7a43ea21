// A server of the contract that is not ours: the real API, as it may be, or one that has drifted.
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { Test } from 'tap';
import { notTheStub } from './answers/not-the-stub.ts';

export const GOOD = 'a-good-credential';
export const CHATBOT = 'the-chatbot-of-it';

/** Why something is refused. */
export interface Reason {
  status: number;
  messages: string[];
  /** Whether the messages are of the schema. */
  isOfSchema?: boolean;
}

export interface Ways {
  /** Answers a refusal. Default: as NestJS does by itself. */
  refuse?(reason: Reason, request: FastifyRequest, reply: FastifyReply): unknown;
  /** Answers what is right. */
  accept?(reply: FastifyReply, request: FastifyRequest): unknown;
  /** Says of a mistake that it is none. */
  ignores?(reason: Reason): boolean;
}

/** NestJS's default, as `HttpException` has it. */
function asNest({ status, messages, isOfSchema }: Reason, _request: FastifyRequest, reply: FastifyReply): unknown {
  const words: Record<number, string> = { 400: 'Bad Request', 403: 'Forbidden', 404: 'Not Found' };
  // The exceptions of guards say nothing but their status.
  if (status === 401)
    return reply.code(401).header('www-authenticate', 'Bearer').send({ message: 'Unauthorized', statusCode: 401 });
  return reply
    .code(status)
    .send({ message: isOfSchema ? messages : messages[0], error: words[status], statusCode: status });
}

export interface OtherServer {
  url: string;
  /** Each request that came, as `POST /path`. */
  requests: FastifyRequest[];
  /** How many it has accepted. */
  accepted(): number;
}

/** Starts it on a free port. Its one credential is `GOOD`, which is good for `CHATBOT`, and only there. */
export async function startOtherServer(t: Test, ways: Ways = {}): Promise<OtherServer> {
  const { refuse = asNest, ignores = () => false } = ways;
  const { accept = (reply: FastifyReply) => reply.code(201).send({ conversationId: 'sTjncRDMuTdv65ex4I05' }) } = ways;
  const app = Fastify({ forceCloseConnections: true });
  notTheStub(app.server, 'a server of the contract that is not ours');
  const requests: FastifyRequest[] = [];
  let accepted = 0;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', async (request) => void requests.push(request));
  app.post('/v1/inbox/:chatbotId/conversations', (request, reply) => {
    const reason = reasonOf(request);
    if (reason && !ignores(reason)) return refuse(reason, request, reply);
    accepted += 1;
    return accept(reply, request);
  });
  app.setNotFoundHandler((request, reply) =>
    refuse({ status: 404, messages: [`Cannot ${request.method} ${request.url}`] }, request, reply),
  );
  t.teardown(() => app.close());
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), requests, accepted: () => accepted };
}

function reasonOf({ headers, params, body }: FastifyRequest): Reason | undefined {
  const sent = headers.authorization?.replace('Bearer ', '') ?? headers['x-chatcaptain-key'];
  let value: Record<string, unknown> = {};
  try {
    value = JSON.parse((body as string | undefined) ?? '{}');
  } catch {
    return { status: 400, messages: ['Unexpected end of JSON input'] };
  }
  if (sent !== GOOD) return { status: 401, messages: [sent === undefined ? 'No credential.' : 'It is unknown.'] };
  if ((params as { chatbotId: string }).chatbotId !== CHATBOT) return { status: 403, messages: ['Forbidden resource'] };
  if (headers['content-type'] === 'text/plain') return { status: 400, messages: ['It must be JSON.'] };
  const messages = ['name', 'channelId', 'email', 'phone'].flatMap((property) => {
    const isOptional = property === 'email' || property === 'phone';
    const { [property]: found } = value;
    const isText = typeof found === 'string' && (property !== 'email' || found.includes('@'));
    return isText || (isOptional && found === undefined) ? [] : [`${property} must be a string`];
  });
  return messages.length === 0 ? undefined : { status: 400, messages, isOfSchema: true };
}
