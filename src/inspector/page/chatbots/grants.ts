// What tokens may do.
import type { TokenView } from '../../../control/tokens.ts';

type Grant = TokenView['grants'][number];

/** The permissions that are asked for most, and what each is good for. */
export const PERMISSIONS: Readonly<Record<string, string>> = {
  'chatbots.inbox.conversations.create': 'make conversations',
  'chatbots.inbox.*': 'all of the inbox',
  '*': 'everything',
};

/** As the journal writes it when one is missing. */
export function grantInWords({ permission, resource }: Grant): string {
  return `${permission} on ${resource}`;
}

/** The resource that a chatbot is, or every one for `*`. */
export function resourceOf(chatbotId: string): string {
  return `chatbots/${chatbotId}`;
}

/** The chatbot that a token is good for alone, to try it on; `undefined` when it is good for every one, or for several. */
export function chatbotOf(grants: readonly Grant[]): string | undefined {
  const [resource, ...others] = new Set(grants.map((grant) => grant.resource));
  if (resource === undefined || others.length > 0) return undefined;
  const id = /^chatbots\/(.+)$/su.exec(resource)?.[1];
  return id === '*' ? undefined : id;
}

/** Whether a token has to do with a chatbot: it was made with it, or holds something on it by name. */
export function concerns({ chatbotId, grants }: Pick<TokenView, 'chatbotId' | 'grants'>, id: string): boolean {
  return chatbotId === id || grants.some(({ resource }) => resource === resourceOf(id));
}

/** Texts that were typed one a line. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
