// What the soak sends: a mix of requests whose answers are known beforehand, on connections that are kept.
import { Agent, request } from 'node:http';
import { pathOf } from '../../support/stub.ts';

export interface Told {
  /** Absent where the connection broke before the answer was whole. */
  status?: number;
  text: string;
}

/** Sends one request; never rejects. */
export function ask(
  url: string,
  agent: Agent,
  method: string,
  path: string,
  token: string,
  body?: string,
): Promise<Told> {
  const { hostname: host, port } = new URL(url);
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  return new Promise((resolve) => {
    let text = '';
    const broken = (): void => resolve({ text });
    const outgoing = request({ host, port, method, path, headers, agent }, (response) => {
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('error', broken).on('aborted', broken);
      response.on('end', () =>
        response.complete ? resolve({ status: response.statusCode as number, text }) : broken(),
      );
    });
    outgoing.on('error', broken).end(body);
  });
}

/** One kind of request: what it is answered, by the README. */
interface Kind {
  token: 'good' | 'foreign' | 'unknown';
  body: (name: string) => string;
  /** `undefined`: the connection is broken. */
  statuses: readonly (number | undefined)[];
}

const json = (fields: object) => (name: string) => JSON.stringify({ name, channelId: 'web', ...fields });

/** Faults match these names, so that it is known which request meets which. */
export const FAULTS = {
  late: { delayMs: { uniform: [1, 40] } },
  teapot: { status: 418 },
  down: { status: 503, body: 'x'.repeat(2000) },
  refused: { error: 'no' },
  reset: { connection: 'reset' },
  empty: { connection: 'empty' },
  cut: { connection: 'truncate', delayMs: 5 },
  garbage: { connection: 'garbage' },
} as const;

const faulted = (kind: keyof typeof FAULTS, ...statuses: (number | undefined)[]): Kind => ({
  token: 'good',
  body: (name) => json({})(`${kind} ${name}`),
  statuses,
});

const VALID: Kind = { token: 'good', body: json({ email: 'a@b.example', extra: [1, { a: null }] }), statuses: [201] };

/** Half of them good ones. */
export const KINDS: readonly Kind[] = [
  ...Array<Kind>(8).fill(VALID),
  { ...VALID, body: json({ phone: '+49', note: 'x'.repeat(3000) }) },
  { ...VALID, body: json({ email: 'nobody' }), statuses: [400] },
  { ...VALID, body: () => '{"name":', statuses: [400] },
  {
    ...VALID,
    body: (name) => JSON.stringify({ name: name.padEnd(110_000), channelId: 'web' }),
    statuses: [413, undefined],
  },
  { ...VALID, token: 'unknown', statuses: [401] },
  { ...VALID, token: 'foreign', statuses: [403] },
  faulted('late', 201),
  faulted('teapot', 418),
  faulted('down', 503),
  faulted('refused', 201),
  faulted('reset', undefined),
  faulted('empty', undefined),
  faulted('cut', undefined),
  faulted('garbage', undefined),
];

/** What one client has seen. */
export interface Seen {
  /** Ids of the conversations that it was told of. */
  created: string[];
  sent: number;
  /** Answers that were otherwise than they should be. */
  wrong: string[];
}

export interface Client {
  url: string;
  chatbotId: string;
  tokens: Record<Kind['token'], string>;
  isOver: () => boolean;
}

/** Sends one kind after the other until it is over. */
export async function send({ url, chatbotId, tokens, isOver }: Client, seen: Seen): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let index = seen.sent; !isOver(); index++) {
    const { token, body, statuses } = KINDS[(index * 7) % KINDS.length] as Kind;
    const { status, text } = await ask(url, agent, 'POST', pathOf(chatbotId), tokens[token], body(`n${index}`));
    seen.sent += 1;
    if (!statuses.includes(status)) seen.wrong.push(`${status} ${text.slice(0, 300)}, not ${statuses}`);
    const { conversationId } = status === 201 ? JSON.parse(text) : {};
    if (conversationId !== undefined) seen.created.push(conversationId);
  }
  agent.destroy();
}
