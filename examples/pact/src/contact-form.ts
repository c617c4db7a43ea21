// Sends what a visitor typed into a contact form to ChatCaptain, as a conversation.
import { setTimeout as pause } from 'node:timers/promises';

/** Where the conversations go, and with which credential. */
export interface Inbox {
  url: string;
  token: string;
  chatbotId: string;
  channelId: string;
}

export interface ContactForm {
  name: string;
  email?: string;
  phone?: string;
}

export type Outcome =
  | { kind: 'sent'; conversationId: string }
  | { kind: 'declined'; reason: string }
  | { kind: 'invalid'; problems: string[] }
  | { kind: 'forbidden'; reason: string };

/** Sends a form, and once more when ChatCaptain is busy. */
export async function sendContactForm(form: ContactForm, inbox: Inbox): Promise<Outcome> {
  let response = await post(form, inbox);
  if (response.status === 429 || response.status === 503) {
    await pause(Number(response.headers.get('retry-after')) * 1000);
    response = await post(form, inbox);
  }
  const answer = (await response.json()) as Answer;
  switch (response.status) {
    case 201:
      // This is how ChatCaptain says that it has made no conversation.
      if (answer.error !== undefined) return { kind: 'declined', reason: answer.error };
      return { kind: 'sent', conversationId: answer.conversationId };
    case 400:
      return { kind: 'invalid', problems: [answer.message].flat() };
    case 403:
      return { kind: 'forbidden', reason: `${answer.message}` };
    default:
      throw new Error(`ChatCaptain answered ${response.status}: ${answer.message}`);
  }
}

/** Sends a form in 10 seconds, unless the visitor takes it back until then. Nobody waits for the outcome. */
export function sendLater(form: ContactForm, inbox: Inbox, seconds = 10): { takeBack(): void } {
  const timer = setTimeout(() => sendContactForm(form, inbox).catch(process.emitWarning), seconds * 1000);
  return { takeBack: () => clearTimeout(timer) };
}

interface Answer {
  conversationId: string;
  error?: string;
  message: string | string[];
}

function post(form: ContactForm, { url, token, chatbotId, channelId }: Inbox): Promise<Response> {
  return fetch(`${url}/v1/inbox/${encodeURIComponent(chatbotId)}/conversations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...form, channelId }),
  });
}
