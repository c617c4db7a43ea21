// POST /v1/inbox/:chatbotId/conversations
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import { turnOf } from '../../chance.ts';
import { iso } from '../../clock.ts';
import { decide } from '../../decisions.ts';
import { named } from '../../named.ts';
import {
  CreateInboxConversationRequestDto,
  CreateInboxConversationResponseDto,
  prepareConversations,
} from './conversation.ts';

const PERMISSION = 'chatbots.inbox.conversations.create';

const Params = Type.Object({ chatbotId: Type.String({ description: 'The ID of the chatbot.' }) });

const createConversation: FastifyPluginAsyncTypebox = async (app) => {
  const { db, groupCommit, chance, clock } = app;
  const conversations = prepareConversations(db);

  app.post(
    '/inbox/:chatbotId/conversations',
    {
      schema: {
        operationId: 'InboxConversationController_createConversation[1]_v1',
        summary: 'Creates a new inbox conversation',
        description: `\n\n**Required Permission:** \`${PERMISSION}\`\n\n**Resource:** \`chatbots/:chatbotId\``,
        tags: ['Inbox conversations'],
        params: Params,
        body: CreateInboxConversationRequestDto,
        response: { 201: CreateInboxConversationResponseDto },
      },
      config: {
        documentation: {
          statuses: {
            201: 'Conversation created successfully.',
            400: 'Invalid input data.',
            403: 'Insufficient permissions.',
          },
          // From the vendor's reference pages.
          examples: {
            params: { chatbotId: 'sTjncRDMuTdv65ex4I05' },
            body: {
              name: 'John Doe',
              email: 'john.doe@example.com',
              phone: '+4917612345678',
              channelId: 'sTjncRDMuTdv65ex4I05',
            },
            answers: { 201: { conversationId: 'sTjncRDMuTdv65ex4I05' } },
          },
        },
      },
      preValidation: app.requirePermission(PERMISSION, (request) => {
        const { chatbotId } = request.params as { chatbotId: string };
        return `chatbots/${chatbotId}`;
      }),
    },
    async (request, reply) => {
      const { chatbotId } = request.params;
      const { name, channelId, email = null, phone = null } = request.body;

      const turn = turnOf(request, chance, chatbotId);
      const created_at = iso(clock(chatbotId));
      const row = { chatbot_id: chatbotId, channel_id: channelId, name, email, phone, created_at };
      const id = await groupCommit.write(() => {
        request.assertAuthorized();
        if (!conversations.takesChannel(chatbotId, channelId)) return undefined;
        let id = turn.newId();
        // With a seed, the turns of a chatbot that was removed and made again meanwhile have begun anew.
        while (!conversations.insert({ ...row, id })) id = chance.turn(chatbotId).newId();
        return id;
      });

      reply.code(201);
      if (id === undefined) {
        const error = `The channel ${channelId} does not exist in this chatbot.`;
        decide(
          request,
          'channel',
          'refused',
          `chatbot ${chatbotId} declares channels, and ${channelId} is none of them`,
        );
        return { error };
      }
      decide(request, 'channel', 'passed', channelId);
      decide(request, 'stored', 'passed', id);
      return { conversationId: id };
    },
  );
};
export default named(createConversation);
