// POST /__admin/provider-states: what a Pact verifier calls before, and if it is told to, after each interaction.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from '@sinclair/typebox';
import { hashOf } from '../auth/tokens.ts';
import type { ControlOptions, ServerContext } from '../context.ts';
import { named } from '../named.ts';
import { DEEPEST, placeTooDeep } from './depth.ts';
import type { SetUp } from './fixtures/set-ups.ts';
import { type AskedState, knownState, prepareState, type ReadyState } from './fixtures/states.ts';
import { ProblemError } from './problem.ts';

const Params = Type.Record(Type.String(), Type.Unknown());
const text = (description: string) =>
  Type.Optional(Type.Union([Type.String(), Type.Null()], { expected: 'a text', description }));
const paramsOf = (description: string) =>
  Type.Optional(Type.Union([Params, Type.Null()], { expected: 'an object', description }));
const Action = Type.Optional(
  Type.Union([Type.Literal('setup'), Type.Literal('teardown')], {
    expected: 'setup or teardown',
    description: 'Whether to put the state in, or to take it out again. Default setup.',
  }),
);

/**
 * Every verifier sends something else: pact_verifier (and with it pact-js, pact-go, pact-net and others) state, params and
 * action; pact-jvm leaves out what is empty; pact-provider-verifier adds consumer, and states with the same one again.
 */
const Body = Type.Object(
  {
    state: text('The name of the state. Upper and lower case make no difference. Empty: none, and nothing is done.'),
    params: paramsOf('The parameters of the state, such as chatbotId, channels and grants.'),
    action: Action,
    states: Type.Optional(
      Type.Array(
        Type.Union(
          [Type.String(), Type.Null(), Type.Object({ name: Type.String(), params: paramsOf('Of this state.') })],
          { expected: 'the name of a state, or {name, params}' },
        ),
        { description: 'Several states; only looked at where state is empty.' },
      ),
    ),
    consumer: Type.Optional(Type.Unknown({ description: 'Who wrote the pact. Makes no difference.' })),
  },
  {
    additionalProperties: true,
    mayBeAbsent: true,
    examples: [
      { state: 'a chatbot', params: { id: 'shop', channels: ['web'] }, action: 'setup' },
      { state: 'a chatbot', params: { id: 'shop', channels: ['web'] }, action: 'teardown' },
    ],
  },
);
type Body = Static<typeof Body>;

const Query = Type.Object(
  {
    state: Type.Optional(
      Type.String({
        description:
          'As in the body, for verifiers that send none. All other parameters of the query are then those of the state.',
      }),
    ),
    action: Action,
  },
  { additionalProperties: true },
);
type Query = Static<typeof Query>;

const Values = Type.Object(
  {
    chatbotId: Type.Optional(Type.String()),
    token: Type.Optional(Type.String()),
    tokenId: Type.Optional(Type.String()),
    channelId: Type.Optional(Type.String({ description: 'A channel that it takes.' })),
    channelIds: Type.Optional(Type.Array(Type.String())),
    conversationId: Type.Optional(Type.String()),
  },
  {
    description: 'What the verifier can inject into its requests. After tear-down, and without a state, nothing.',
    examples: [
      {
        chatbotId: 'shop',
        token: 'CCSB-k3J9s0Qa-Zp4x8Wm1Yt6R',
        tokenId: '0Vfw3kQ1pXyZ8LmN2bTc',
        channelId: 'web',
        channelIds: ['web'],
      },
    ],
  },
);
type Values = Static<typeof Values>;

const providerStates: FastifyPluginAsyncTypebox<ControlOptions> = async (app, { context }) => {
  const { fixtures, groupCommit, tokens, state: rows, newId } = context;
  const { setUps } = fixtures;
  const sources = { declared: fixtures, newId };

  app.post(
    '/provider-states',
    {
      schema: {
        operationId: 'changeProviderState',
        summary: 'Sets up or tears down a state of the provider, for Pact',
        description:
          'Built in: a chatbot; a chatbot with a conversation; a token without the permission; an expired token; a revoked token; and fixtures, whose parameters are a fixture document. Fixture files declare more under providerStates. The parameter chatbotId names the chatbot; id does so, too, but in a chatbot with a conversation it names the conversation. Tear-down takes out what the last set-up with the same name and parameters has put in, as far as nobody has changed it since; set-ups are remembered for as long as the process lives.',
        tags: ['Provider states'],
        querystring: Query,
        body: Body,
        response: { 200: Values },
      },
    },
    async (request) => {
      const body = request.body as Body | null | undefined;
      const action = body?.action ?? request.query.action ?? 'setup';
      const asked = askedStates(body ?? {}, request.query);
      for (const { params } of asked) assertShallow(params);
      return action === 'setup' ? setUp(asked) : tearDown(asked);
    },
  );

  async function setUp(asked: readonly AskedState[]): Promise<Values> {
    const ready = asked.map((one) => ({ key: keyOf(one), ...prepareState(one, sources) }));
    if (ready.length === 0) return {};
    const done = await groupCommit.transaction(
      () => ready.map((one) => putIn(one, context)),
      () => tokens.reload(),
    );
    setUps.remember(done.map(({ setUp }) => setUp));
    return Object.assign({}, ...done.map(({ values }) => values));
  }

  async function tearDown(asked: readonly AskedState[]): Promise<Values> {
    const keys = asked.map(keyOf);
    let found: SetUp[] = [];
    const made = await groupCommit.transaction(
      () => {
        found = setUps.find(keys);
        return setUps.takeOut(found);
      },
      () => {
        setUps.forget(found);
        tokens.reload();
      },
    );
    for (const chatbotId of made) await rows.removeChatbot(chatbotId);
    return {};
  }

  /** The same for the same state with the same parameters. As a hash: there may be a token among them. */
  function keyOf({ name, params }: AskedState): string {
    return hashOf(JSON.stringify([knownState(name, sources), params], inOrder));
  }
};
export default named(providerStates);

/** Puts a state in, inside a transaction. */
function putIn(
  { key, document, declaration }: ReadyState & { key: string },
  { fixtures: { setUps }, newId }: ServerContext,
): { setUp: SetUp; values: Values } {
  const { setUp, tokenIds } = setUps.putIn(declaration, key);
  const [chatbot] = declaration.chatbots;
  const token = [...(document.chatbots ?? []).flatMap(({ tokens = [] }) => tokens), ...(document.tokens ?? [])][0]
    ?.token;
  const [tokenId] = tokenIds;
  const values: Values = { ...(token !== undefined && { token }), ...(tokenId !== undefined && { tokenId }) };
  if (chatbot === undefined) return { setUp, values };
  const [conversation] = chatbot.conversations;
  const declared = setUps.channelsOf(chatbot.id);
  const channelIds = declared.length > 0 ? declared : [conversation?.channelId ?? newId()];
  const channelId = conversation?.channelId ?? (channelIds[0] as string);
  const found = { chatbotId: chatbot.id, ...values, channelId, channelIds };
  return { setUp, values: { ...found, ...(conversation && { conversationId: conversation.id }) } };
}

/** The states that a request is about; none, where it says so. */
function askedStates({ state, states, params }: Body, query: Query): AskedState[] {
  if (state) return [{ name: state, params: params ?? {} }];
  const several = (states ?? []).flatMap((one) => {
    const { name, params: own } = typeof one === 'object' && one !== null ? one : { name: one, params };
    return name ? [{ name, params: own ?? {} }] : [];
  });
  if (several.length > 0) return several;
  const { state: asked, action: _action, ...rest } = query as Query & Record<string, string>;
  if (asked) return [{ name: asked, params: params ?? Object.fromEntries(Object.entries(rest).map(fromQuery)) }];
  if (state === undefined && states === undefined && asked === undefined) {
    throw new ProblemError(400, 'Say which state: send {"state": "a chatbot", "action": "setup", "params": {}}.');
  }
  return [];
}

/** In a URL, a list or an object is its JSON. */
function fromQuery([name, value]: [string, string]): [string, unknown] {
  if (!/^[[{]/.test(value)) return [name, value];
  try {
    return [name, JSON.parse(value)];
  } catch {
    return [name, value];
  }
}

/** What reads parameters calls itself for each bracket in them. */
function assertShallow(params: AskedState['params']): void {
  if (placeTooDeep(params) === undefined) return;
  throw new ProblemError(
    400,
    `The parameters are nested too deep: send at most ${DEEPEST} brackets within each other.`,
  );
}

/** For JSON.stringify: the members of an object in the order of their names. Verifiers send them in any. */
function inOrder(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
