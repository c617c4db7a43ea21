import type * as Door from '../../src/index.ts';
import type { Started } from './stand-in.ts';

// The built one, which is what users install.
const { startStub }: typeof Door = await import(new URL('../../dist/index.js', import.meta.url).href);

export async function start(): Promise<Started> {
  const stub = await startStub();
  return {
    async prepare() {
      const { chatbotId, token } = await stub.chatbot();
      return { url: `${stub.url}/v1/inbox/${chatbotId}/conversations`, headers: { authorization: `Bearer ${token}` } };
    },
    close: stub.close,
  };
}
