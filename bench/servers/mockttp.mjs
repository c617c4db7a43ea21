// mockttp has no command that serves a rule: this is it. node mockttp.mjs PORT
import { getLocal } from 'mockttp';

const server = getLocal();
await server.start(Number(process.argv[2]));
await server.forPost('/v1/inbox/my-chatbot/conversations').thenJson(201, { conversationId: 'my-conversation' });
