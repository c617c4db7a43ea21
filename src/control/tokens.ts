// /__admin/tokens: the same store as the command line's.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from '@sinclair/typebox';
import { type Grant, splitResource } from '../auth/permissions.ts';
import { type NewToken, type Token, TokenError, type TokenStore } from '../auth/tokens.ts';
import type { ControlOptions } from '../context.ts';
import { named } from '../named.ts';
import { FreeGrant } from './grant.ts';
import { decodeCursor, nextCursor, pageOf, pageQuery } from './pages.ts';
import { notFound, Problem, ProblemError } from './problem.ts';
import { chatbotIdQuery } from './scope.ts';

const EXAMPLE_GRANT = { permission: 'chatbots.inbox.conversations.create', resource: 'chatbots/my-chatbot' };

export const NewTokenBody = Type.Object(
  {
    name: Type.Optional(Type.String({ description: 'Shown in lists and in the reason of a refusal.' })),
    grants: Type.Array(FreeGrant, { description: 'What it may do, and on which chatbot.' }),
    expiresIn: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, description: 'Seconds until it expires; never, when absent.' }),
    ),
    token: Type.Optional(Type.String({ description: 'The credential to register; a fresh one is made when absent.' })),
  },
  { additionalProperties: false, examples: [{ name: 'ci', grants: [EXAMPLE_GRANT], expiresIn: 3600 }] },
);

const EXAMPLE = {
  id: '0VaGW6jQk3NL0sQx8fPm',
  name: 'ci',
  grants: [EXAMPLE_GRANT],
  chatbotId: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2026-01-01T01:00:00.000Z',
  revokedAt: null,
  state: 'active',
};

export const TokenView = Type.Object(
  {
    id: Type.String(),
    name: Type.Union([Type.String(), Type.Null()]),
    grants: Type.Array(FreeGrant),
    chatbotId: Type.Union([Type.String(), Type.Null()], { description: 'The chatbot that it was made with.' }),
    createdAt: Type.String({ format: 'date-time' }),
    expiresAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
    revokedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
    state: Type.Union([Type.Literal('active'), Type.Literal('expired'), Type.Literal('revoked')]),
  },
  { description: 'A token, without its credential.', examples: [EXAMPLE] },
);
export type TokenView = Static<typeof TokenView>;

const tokenRoutes: FastifyPluginAsyncTypebox<ControlOptions> = async (app, { context }) => {
  const { tokens, groupCommit, clock } = context;
  // The time that counts is that of the chatbot it belongs to.
  const view = (token: Token): TokenView => ({
    ...token,
    grants: [...token.grants],
    state: tokens.stateOf(token, clock.now(token.chatbotId ?? soleChatbotOf(token.grants))),
  });

  app.post(
    '/tokens',
    {
      schema: {
        operationId: 'createToken',
        summary: 'Makes a token',
        description:
          'The credential is in this answer and nowhere else: only its SHA-256 is kept. 409 when it is registered already.',
        tags: ['Tokens'],
        body: NewTokenBody,
        response: {
          201: Type.Composite([TokenView, Type.Object({ token: Type.String({ description: 'The credential.' }) })], {
            description: 'The token, with its credential.',
            examples: [{ ...EXAMPLE, token: 'CCSB-a1b2c3d4-e5f6g7h8i9j0' }],
          }),
          409: Problem,
        },
      },
    },
    async (request, reply) => {
      // What fails may have left the token in the store, which its row is no longer in.
      const made = await groupCommit
        .transaction(() => createToken(tokens, { ...request.body, now: clock.now(soleChatbotOf(request.body.grants)) }))
        .catch((error) => {
          if (!(error instanceof ProblemError)) tokens.reload();
          throw error;
        });
      reply.code(201);
      return { ...view(made.token), token: made.credential };
    },
  );

  app.get(
    '/tokens',
    {
      schema: {
        operationId: 'listTokens',
        summary: 'Lists the tokens',
        description: 'Oldest first, without credentials. The one of STUB_TOKEN is not stored, and not listed.',
        tags: ['Tokens'],
        querystring: Type.Object({ chatbotId: chatbotIdQuery, ...pageQuery }, { additionalProperties: false }),
        response: {
          200: Type.Object(
            { tokens: Type.Array(TokenView), nextCursor },
            { description: 'A page of tokens.', examples: [{ tokens: [EXAMPLE] }] },
          ),
        },
      },
    },
    async ({ query: { chatbotId, limit, cursor } }) => {
      const after = decodeCursor(cursor, ['', '']);
      const rows = tokens.list().filter((token) => {
        if (chatbotId !== undefined && token.chatbotId !== chatbotId) return false;
        return after === undefined || isAfter(token, after);
      });
      const page = pageOf(rows, limit, ({ createdAt, id }) => [createdAt, id]);
      return { tokens: page.rows.map(view), ...(page.nextCursor && { nextCursor: page.nextCursor }) };
    },
  );

  app.delete(
    '/tokens/:id',
    {
      schema: {
        operationId: 'revokeToken',
        summary: 'Revokes a token',
        description: 'It is refused from the next request on, and stays in the list. Revoking twice changes nothing.',
        tags: ['Tokens'],
        params: Type.Object({
          id: Type.String({ description: 'The id of the token, not the token itself.', examples: [EXAMPLE.id] }),
        }),
        response: { 204: Type.Null({ description: 'It is revoked.' }), 404: Problem },
      },
    },
    async ({ params: { id } }, reply) => {
      const token = await groupCommit
        .write(() => tokens.revoke(id))
        .catch((error) => {
          tokens.reload();
          throw error;
        });
      if (!token) throw notFound('token', id, 'tokens');
      return reply.code(204).send(null);
    },
  );
};
export default named(tokenRoutes);

/** The one chatbot that a token is good for, if it is one: it expires by that chatbot's clock. */
function soleChatbotOf(grants: readonly Grant[]): string | undefined {
  const [resource, ...others] = new Set(grants.map((grant) => grant.resource));
  if (resource === undefined || others.length > 0) return undefined;
  const [kind, id] = splitResource(resource);
  return kind === 'chatbots' && id !== '*' ? id : undefined;
}

/**
 * Makes a token inside a transaction. When that is not committed the store must be told by `reload`.
 *
 * @throws ProblemError 400 for what cannot be a token, 409 for a credential that is registered already
 */
export function createToken(tokens: TokenStore, wanted: NewToken): ReturnType<TokenStore['create']> {
  try {
    return tokens.create(wanted);
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    throw new ProblemError(/registered already/.test(error.message) ? 409 : 400, error.message);
  }
}

function isAfter({ createdAt, id }: Token, [time, last]: readonly [string, string] | readonly string[]): boolean {
  return createdAt > (time as string) || (createdAt === time && id > (last as string));
}
