// The published types alone: no types of Node.js or of a browser, and no library beside the language's own.
import type { Chatbot, Stub } from 'chatcaptain-stub';

export async function useStub(stub: Stub): Promise<string> {
  await using chatbot: Chatbot = await stub.chatbot();
  return chatbot.token;
}
