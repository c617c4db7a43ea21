// The least that a server can do: Fastify, one route, one answer. node bare-fastify.mjs PORT
import Fastify from 'fastify';

const app = Fastify();
app.post('/v1/inbox/:chatbotId/conversations', async (_request, reply) => {
  return reply.code(201).send({ conversationId: '0VZFs2bBsTjncRDMuTdv' });
});
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
