// Fastify as one would write it by hand: the body's schema from the contract, its own Ajv, an answer with a schema. It knows
// no token and stores nothing. node validating-fastify.mjs PORT
import Fastify from 'fastify';
import contract from '../../contract/inbox-conversations.openapi.json' with { type: 'json' };

const { CreateInboxConversationRequestDto: body, CreateInboxConversationResponseDto: created } =
  contract.components.schemas;

const app = Fastify();
app.post('/v1/inbox/:chatbotId/conversations', { schema: { body, response: { 201: created } } }, (_request, reply) => {
  reply.code(201).send({ conversationId: '0VZFs2bBsTjncRDMuTdv' });
});
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
