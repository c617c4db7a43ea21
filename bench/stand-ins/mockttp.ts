import { getLocal } from 'mockttp';
import type { Started } from './stand-in.ts';

const PATH = '/v1/inbox/my-chatbot/conversations';

export async function start(): Promise<Started> {
  const server = getLocal();
  await server.start();
  return {
    async prepare() {
      await server.forPost(PATH).thenJson(201, { conversationId: 'my-conversation' });
      // Its own URL says localhost, a name that the others need not look up.
      return { url: `http://127.0.0.1:${server.port}${PATH}` };
    },
    close: () => server.stop(),
  };
}
