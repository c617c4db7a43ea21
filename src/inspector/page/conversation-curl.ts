// The command that makes a conversation, to try a chatbot, a token or a fault with.
import { quote } from './shell.ts';

export interface Tried {
  chatbotId?: string | undefined;
  /** Absent: the shell's `$STUB_TOKEN`. */
  token?: string | undefined;
  /** Properties of the body that are to differ from the usual ones. */
  body?: { name?: string; channelId?: string; email?: string; phone?: string };
}

/** The command, for a POSIX shell; whatever the texts hold, each is one word of it. */
export function conversationCurl(origin: string, { chatbotId = 'my-chatbot', token, body = {} }: Tried): string {
  // Half of a surrogate pair cannot stand in a URL.
  const path = `/v1/inbox/${encodeURIComponent(chatbotId.toWellFormed())}/conversations`;
  const credential =
    token === undefined ? '"Authorization: Bearer $STUB_TOKEN"' : quote(`Authorization: Bearer ${token}`);
  return [
    `curl -i ${quote(origin + path)}`,
    `-H ${credential}`,
    "-H 'Content-Type: application/json'",
    `-d ${quote(JSON.stringify({ name: 'John Doe', channelId: 'web', ...body }))}`,
  ].join(' \\\n  ');
}
