// A stub that answers otherwise than it says: what is wrong stands in the id of the chatbot that a request names.
import diagnostics from 'node:diagnostics_channel';
import type { FastifyInstance, FastifyReply } from 'fastify';

type Change = (reply: FastifyReply, body: string) => string | undefined;

/** What each does to a reply; a text is another body. */
const WRONG: [name: string, change: Change][] = [
  ['undeclared-status', (reply) => void reply.code(418)],
  ['another-success', (reply) => void reply.code(200)],
  ['wrong-body', () => '{"conversationId":5}'],
  ['more-in-the-body', (_reply, body) => body.replace('{', '{"contactId":"a",')],
  ['no-json', () => 'created'],
  ['wrong-type', (reply) => void reply.header('content-type', 'text/html')],
  ['no-id', (reply) => void reply.removeHeader('x-stub-request-id')],
  ['no-challenge', (reply) => void reply.removeHeader('www-authenticate')],
  ['another-error-body', () => '{"title":"no"}'],
  ['empty-error', () => ''],
];

diagnostics.subscribe('fastify.initialization', (message) => {
  const { fastify } = message as { fastify: FastifyInstance };
  fastify.addHook('onSend', (request, reply, payload, done) => {
    // One whose name begins with `right-` is left as it is.
    const [, change] = WRONG.find(([name]) => new RegExp(`(?<!right-)${name}`).test(request.url)) ?? [];
    const body = typeof payload === 'string' ? change?.(reply, payload) : undefined;
    done(null, body ?? payload);
  });
});
