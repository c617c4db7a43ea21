// An entry of the journal as the control plane shows it.
import { type Static, Type } from '@sinclair/typebox';
import { placeTooDeep } from '../depth.ts';
import type { Entry, Message } from './entry.ts';
import { UpstreamView, upstreamViewOf } from './upstream-side.ts';

const Headers = Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())]), {
  description: 'By name in lower case; credentials are redacted.',
});

const MessageView = Type.Object({
  headers: Headers,
  body: Type.Optional(
    Type.Unknown({ description: 'A JSON value, where it is one and its media type says so; else text; else base64.' }),
  ),
  bodyEncoding: Type.Optional(Type.Literal('base64', { description: 'The body is not UTF-8.' })),
});

const DecisionView = Type.Object({
  step: Type.String({
    description:
      'parsed, credential, permission, validated, preference, fault, channel, stored, upstream, contract or sent.',
  }),
  outcome: Type.String({ description: 'passed, refused, applied, ignored or failed.' }),
  detail: Type.String({ description: 'Why, in a sentence.' }),
  violations: Type.Optional(
    Type.Array(
      Type.Object({
        pointer: Type.String(),
        rule: Type.String(),
        expected: Type.String(),
        got: Type.Optional(Type.String()),
      }),
      { description: 'Each rule of the schema that the body breaks.' },
    ),
  ),
  tokenId: Type.Optional(
    Type.String({
      description: 'The id of the token for which the request was let in: of the step credential, passed.',
    }),
  ),
});

/** One request, as every route shows it. */
export const RequestView = Type.Object(
  {
    id: Type.String({ description: 'What the answer carried as x-stub-request-id.' }),
    time: Type.String({ description: 'When it was answered, by the clock of its chatbot: ISO 8601, UTC.' }),
    method: Type.String(),
    path: Type.String({ description: 'As it was sent, without the query.' }),
    query: Type.Optional(Type.String()),
    chatbotId: Type.Union([Type.String(), Type.Null()], { description: 'null: the path names none.' }),
    status: Type.Union([Type.Integer(), Type.Null()], { description: 'null: no answer went out.' }),
    durationMs: Type.Number(),
    request: MessageView,
    response: MessageView,
    decisions: Type.Array(DecisionView, { description: 'Why it was answered so, in the order of the steps.' }),
    upstream: Type.Optional(UpstreamView),
    seed: Type.Optional(Type.String({ description: 'The STUB_SEED that chance followed.' })),
  },
  {
    examples: [
      {
        id: '0QFbvCzG8pTq2xWm4KsY',
        time: '2026-05-04T10:20:30.000Z',
        method: 'POST',
        path: '/v1/inbox/my-chatbot/conversations',
        chatbotId: 'my-chatbot',
        status: 403,
        durationMs: 1.2,
        request: {
          headers: { 'content-type': 'application/json', authorization: 'Bearer [redacted]' },
          body: { name: 'John Doe', channelId: 'web' },
        },
        response: {
          headers: { 'content-type': 'application/json; charset=utf-8' },
          body: {
            message:
              'Insufficient permissions: chatbots.inbox.conversations.create on chatbots/my-chatbot is required.',
            error: 'Forbidden',
            statusCode: 403,
          },
        },
        decisions: [
          { step: 'parsed', outcome: 'passed', detail: 'JSON' },
          { step: 'credential', outcome: 'passed', detail: 'token "ci"', tokenId: '0QFbv9kT2mNc7RxZ4LpA' },
          {
            step: 'permission',
            outcome: 'refused',
            detail:
              'token "ci" holds chatbots.inbox.conversations.create on chatbots/a; chatbots.inbox.conversations.create on chatbots/my-chatbot is needed',
          },
        ],
      },
    ],
  },
);

export type RequestView = Static<typeof RequestView>;

/** The JSON of an entry. */
export function viewOf(entry: Entry): RequestView {
  const { id, time, method, path, query, chatbotId, status, durationMs, request, response, decisions } = entry;
  const { upstream, seed } = entry;
  return {
    id,
    time,
    method,
    path,
    ...(query !== undefined && { query }),
    chatbotId: chatbotId ?? null,
    status: status ?? null,
    durationMs,
    request: { headers: request.headers, ...bodyOf(request) },
    response: { headers: response.headers, ...bodyOf(response) },
    decisions: decisions as RequestView['decisions'],
    ...(upstream && { upstream: upstreamViewOf(upstream) }),
    ...(seed !== undefined && { seed }),
  };
}

interface Body {
  body?: unknown;
  bodyEncoding?: 'base64';
}

/** Read once for each message, however many look at it. */
const read = new WeakMap<Message, Body>();

/** The body of a message: a JSON value where its media type says so and it is one, text, or base64. */
export function bodyOf(message: Message): Body {
  let body = read.get(message);
  if (!body) {
    body = readBody(message);
    read.set(message, body);
  }
  return body;
}

function readBody({ headers, body }: Message): Body {
  if (body === undefined) return {};
  if (typeof body !== 'string') return { body: body.toString('base64'), bodyEncoding: 'base64' };
  if (!/^application\/(?:[^;,\s]+\+)?json\s*(?:;|$)/i.test(String(headers['content-type']))) return { body };
  try {
    const value: unknown = JSON.parse(body);
    // What is nested deeper can be read, but not be written: JSON.stringify calls itself at each level.
    return { body: placeTooDeep(value) === undefined ? value : body };
  } catch {
    return { body };
  }
}
