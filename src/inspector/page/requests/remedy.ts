// What would make a request pass that was not answered as its sender may have wished.
import type { RequestView } from './row.ts';

export interface Remedy {
  /** The step that it is about. */
  step: string;
  text: string;
  /** Where in this page it can be done. */
  action?: { label: string; href: string };
}

const CREATE = 'chatbots.inbox.conversations.create';

/** What would fix it; `undefined` where nothing has to be. */
export function remedyFor(request: RequestView): Remedy | undefined {
  const { decisions, chatbotId, status } = request;
  const failing =
    decisions.find(({ outcome }) => outcome === 'refused' || outcome === 'failed') ??
    decisions.findLast(({ outcome, step }) => outcome === 'applied' && (step !== 'preference' || status !== 201));
  if (!failing) return undefined;
  const { step, detail } = failing;
  return { step, ...(REMEDIES[step] ?? (() => ({ text: 'The answer below says what to do.' })))(chatbotId, detail) };
}

const REMEDIES: Record<string, (chatbotId: string | null, detail: string) => Omit<Remedy, 'step'>> = {
  routed: () => ({ text: 'The operation that there is: POST /v1/inbox/CHATBOT/conversations.' }),
  parsed: () => ({
    text: 'Send the body as JSON in UTF-8, with Content-Type: application/json, not compressed, and the path percent-encoded.',
  }),
  credential: (chatbotId) => ({
    text: 'Send a token that is good now: Authorization: Bearer TOKEN, or x-chatcaptain-key: TOKEN, and only one of them.',
    action: makeToken(CREATE, chatbotId),
  }),
  permission(chatbotId, detail) {
    const [, permission = CREATE, id = chatbotId] = /; (\S+) on chatbots\/(.*) is needed$/s.exec(detail) ?? [];
    return {
      text: `Use a token that holds ${permission} on chatbots/${id}.`,
      action: makeToken(permission, id),
    };
  },
  validated: () => ({ text: 'Correct each of the places above. The whole body is checked, and every place is named.' }),
  preference: () => ({ text: 'The request asked for this answer itself. Leave its header Prefer out.' }),
  fault: (chatbotId) => ({
    text: 'A fault that somebody made has done this on purpose. Remove it, or let it fire out.',
    action: { label: 'Show the faults', href: `/faults${scope(chatbotId)}` },
  }),
  channel: () => ({
    text: 'Use a channel that the chatbot declares, or make a chatbot without channels: it takes any.',
    action: { label: 'Show the chatbots', href: '/chatbots' },
  }),
  stored: () => ({ text: 'The database refused it. GET /readyz names the cause; send it again when that is over.' }),
  upstream: () => ({ text: 'The answer below is that of the upstream, or says why there is none.' }),
  contract: () => ({
    text: 'Either the upstream is wrong, or the contract has changed: then what is said of it here has to change, too.',
  }),
  sent: () => ({
    text: 'The client did not wait for the answer. Let it wait longer, or remove what delays the answer.',
  }),
};

function makeToken(permission: string, chatbotId: string | null): NonNullable<Remedy['action']> {
  const query = new URLSearchParams({ make: 'token', permission, chatbot: chatbotId ?? '*' });
  return { label: 'Make such a token', href: `/chatbots?${query}` };
}

function scope(chatbotId: string | null): string {
  return chatbotId === null ? '' : `?${new URLSearchParams({ chatbotId })}`;
}
