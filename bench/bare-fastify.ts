// The least that a server can do: Fastify, one route, one answer. What bench/limits.ts compares with.
import Fastify from 'fastify';

const app = Fastify();
app.post('/v1/inbox/:chatbotId/conversations', async (_request, reply) => {
  return reply.code(201).send({ conversationId: '0VZFs2bBsTjncRDMuTdv' });
});
const url = await app.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`ready on ${url}\n`);
process.on('SIGTERM', () => process.exit());
