// What a test may do with `chatcaptain-stub`: every public name and member, each with the type that it is said to have.
// test/package/types.sh compiles this as a module of each kind, under each resolution, and runs it.
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  type ActiveFault,
  type Chatbot,
  type ChatbotOptions,
  type ChatbotScope,
  type ClockState,
  type ConnectOptions,
  type Conversation,
  type ConversationFilter,
  connectStub,
  type Decision,
  type Delay,
  type Drift,
  type Fault,
  type FaultEffect,
  type FaultMatch,
  type FaultOptions,
  type Grant,
  type Message,
  type MintedToken,
  type Mismatch,
  type NearMiss,
  type Operators,
  type RecordedRequest,
  type RequestFilter,
  type RequestMatch,
  type ResetCounts,
  SettingsError,
  type Snapshot,
  StartupError,
  type Stub,
  type StubClock,
  StubError,
  type StubOptions,
  startStub,
  type TokenOptions,
  type UpstreamExchange,
  type Violation,
  type WaitOptions,
  WaitTimeoutError,
} from 'chatcaptain-stub';

const options: StubOptions = {
  host: '127.0.0.1',
  port: 0,
  database: ':memory:',
  durability: 'normal',
  token: 'token-of-the-consumer',
  adminToken: 'admin-of-the-consumer',
  fixtures: 'fixtures',
  watch: 'off',
  seed: 7,
  journalEntries: 1000,
  journalBytes: 1_000_000,
  unauthenticatedStatus: 401,
  prefer: 'on',
  metrics: 'off',
  bodyLimit: 102_400,
  shutdownGrace: 1000,
  shutdownDelay: 0,
  waitForDatabase: 'off',
  logLevel: 'silent',
  logFormat: 'json',
};

async function main(): Promise<void> {
  await using stub: Stub = await startStub(options);
  const { url, adminUrl }: { url: string; adminUrl: string } = stub;
  equal(adminUrl, `${url}/__admin`);
  const token: string | undefined = stub.token;
  equal(token, options.token);
  const connect: ConnectOptions = stub.adminToken === undefined ? {} : { adminToken: stub.adminToken };
  await using elsewhere: Stub = await connectStub(url, connect);
  for (const one of [stub, elsewhere]) await useStub(one);
  await useErrors(stub);
  await elsewhere[Symbol.asyncDispose]();
  await stub.close();
}

async function useStub(stub: Stub): Promise<void> {
  const made: ChatbotOptions = {
    id: 'shop',
    name: 'shop-test',
    channels: ['web'],
    grants: [{ permission: 'chatbots.inbox.*' }],
    expiresIn: 60,
  };
  await using chatbot: Chatbot = await stub.chatbot(made);
  const { chatbotId, token, tokenId }: { chatbotId: string; token: string; tokenId: string } = chatbot;
  const channelIds: readonly [string, ...string[]] = chatbot.channelIds;
  deepEqual([chatbotId, channelIds], ['shop', ['web']]);

  const create = async (name: string, channelId = channelIds[0]): Promise<number> => {
    const response = await fetch(`${stub.url}/v1/inbox/${chatbotId}/conversations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name, channelId, email: 'ada@example.com', phone: '+49 30 1' }),
    });
    await response.text();
    return response.status;
  };

  await useFaults(chatbot, () => create('Grace'));
  equal(await create('Ada'), 201);
  equal(await create('Ada', 'fax'), 201);
  await useRequests(chatbot, stub);
  await useConversations(chatbot);
  await usePassThrough(stub);
  await useClock(chatbot.clock, chatbotId);
  await useClock(stub.clock, null);

  const snapshot: Snapshot = await chatbot.snapshot('two');
  const { name, chatbotId: whose, createdAt, conversations }: Snapshot = snapshot;
  deepEqual([name, whose, conversations], ['two', 'shop', 1]);
  ok(Date.parse(createdAt));
  equal((await chatbot.restore('two')).name, 'two');
  const counts: ResetCounts = await chatbot.reset();
  deepEqual([counts.conversations, counts.requests, counts.faults], [1, 5, 0]);
  equal((await stub.snapshot('all')).chatbotId, null);
  equal((await stub.restore('all')).name, 'all');

  await useTokens(stub, tokenId);
  await chatbot.remove();
  const { chatbots, tokens, snapshots }: ResetCounts = await stub.reset();
  deepEqual([chatbots, tokens, snapshots].map(Number.isInteger), [true, true, true]);
}

async function useFaults(chatbot: ChatbotScope, create: () => Promise<number>): Promise<void> {
  const only: FaultMatch = { channelId: 'web', name: /^G/, email: { $regex: '@' }, phone: '+49 30 1' };
  const when: FaultOptions = { match: only, times: 1, probability: 1 };
  const delays: [Delay, Delay, Delay] = [1, { uniform: [1, 2] }, { lognormal: { median: 1, sigma: 0.1 } }];
  const effect: FaultEffect = {
    status: 503,
    body: { busy: true },
    headers: { 'retry-after': '1' },
    delayMs: delays[1],
  };
  const active: ActiveFault = await chatbot.fault(effect, when);
  const [unfired]: Fault[] = await chatbot.unfiredFaults();
  equal(unfired?.id, active.id);
  equal(await create(), 503);
  const fired: number = await active.timesFired();
  deepEqual([fired, active.times, active.probability, active.effect.status], [1, 1, 1, 503]);
  equal(typeof active.match.name, 'object');
  ok(Date.parse(active.createdAt));
  await active.remove();

  const others: FaultEffect[] = [{ error: 'The channel is full.' }, { connection: 'reset' }, { delayMs: delays[2] }];
  for (const other of others) await (await chatbot.fault(other)).remove();
  const full = await chatbot.fault({ error: 'The channel is full.' });
  equal(await create(), 201);
  await full.remove();
}

async function useRequests(chatbot: ChatbotScope, stub: Stub): Promise<void> {
  const filter: RequestFilter = { method: 'POST', status: '2xx', text: 'ada', order: 'asc', limit: 10 };
  const listed: RecordedRequest[] = await chatbot.requests(filter);
  equal(listed.length, 3);
  const found = await stub.requests({ path: `/v1/inbox/${chatbot.chatbotId}/conversations` });
  ok(found.length >= listed.length);

  const name: Operators = { $regex: '^A', $exists: true };
  const wanted: RequestMatch = {
    method: 'POST',
    path: /conversations$/,
    chatbotId: chatbot.chatbotId,
    status: 201,
    headers: { 'content-type': /json/ },
    body: { name, channelId: { $equals: 'web' } },
    pointers: { '/name': 'Ada' },
  };
  const wait: WaitOptions = { count: 1, timeoutMs: 500 };
  const [first]: [RecordedRequest, ...RecordedRequest[]] = await stub.waitFor(wanted, wait);
  const [same] = await chatbot.waitFor({ status: 201, body: { name: 'Ada', channelId: 'web' } });
  equal(first.id, same.id);
  deepEqual([await stub.count(wanted), await chatbot.count({ status: 503 })], [1, 1]);

  const { method, query, chatbotId, status, durationMs, seed }: RecordedRequest = first;
  deepEqual([method, query, chatbotId, status], ['POST', undefined, chatbot.chatbotId, 201]);
  ok(durationMs >= 0 && Date.parse(first.time));
  equal(seed, '7');
  const { headers, body, bodyEncoding }: Message = first.request;
  equal(headers['authorization'], 'Bearer [redacted]');
  deepEqual([(body as { name: string }).name, bodyEncoding], ['Ada', undefined]);
  ok(first.response.body);
  const steps: string[] = first.decisions.map(({ step, outcome, detail }: Decision) => `${step} ${outcome} ${detail}`);
  match(steps.join('\n'), /^stored /m);
}

async function usePassThrough(stub: Stub): Promise<void> {
  const through: StubOptions = { upstream: stub.url, upstreamTimeout: 5000 };
  await using between = await startStub(through);
  // Nobody's credential.
  await (await fetch(`${between.url}/v1/inbox/shop/conversations`, { method: 'POST' })).text();
  const [request] = (await between.requests({ drift: true })) as [RecordedRequest];
  const { url, status, durationMs, response, drift } = request.upstream as UpstreamExchange;
  deepEqual([url.startsWith(stub.url), status, durationMs > 0], [true, 401, true]);
  equal(response?.headers['x-stub-request-id'] === request.id, false);
  const { side, place, detail } = drift[0] as Drift;
  deepEqual([side, place], ['response', 'status']);
  match(detail, /^is 401/);
  equal(await between.count({ drift: true }), 1);
}

async function useConversations(chatbot: ChatbotScope): Promise<void> {
  const filter: ConversationFilter = {
    channelId: 'web',
    email: 'ada@example.com',
    text: 'Ada',
    order: 'desc',
    limit: 1,
  };
  const [conversation]: Conversation[] = await chatbot.conversations(filter);
  const { id, chatbotId, channelId, name, email, phone, createdAt } = conversation as Conversation;
  deepEqual([chatbotId, channelId, name, email, phone], ['shop', 'web', 'Ada', 'ada@example.com', '+49 30 1']);
  ok(id && Date.parse(createdAt));
}

async function useClock(clock: StubClock, whose: string | null): Promise<void> {
  await clock.set(new Date('2026-01-01T00:00:00Z'));
  await clock.freeze('2026-01-01T00:00:00Z');
  const { now, frozen, offsetMs, chatbotId }: ClockState = await clock.advance(1000);
  deepEqual([now, frozen, typeof offsetMs, chatbotId], ['2026-01-01T00:00:01.000Z', true, 'number', whose]);
  equal((await clock.resume()).frozen, false);
  equal((await clock.read()).frozen, false);
  equal((await clock.reset()).offsetMs, 0);
}

async function useTokens(stub: Stub, tokenId: string): Promise<void> {
  const grant: Grant = { permission: 'chatbots.inbox.conversations.create', resource: 'chatbots/*' };
  const options: TokenOptions = { name: 'ci', grants: [grant], expiresIn: 60, token: randomUUID() };
  const minted: MintedToken = await stub.mintToken(options);
  const { id, token, name, grants, chatbotId, createdAt, expiresAt, revokedAt, state }: MintedToken = minted;
  deepEqual([token, name, grants, chatbotId, revokedAt, state], [options.token, 'ci', [grant], null, null, 'active']);
  ok(Date.parse(createdAt) < Date.parse(expiresAt ?? ''));
  await stub.revokeToken(id);
  await stub.revokeToken(tokenId);
  const view: ChatbotScope = stub.scope('nobody');
  equal(view.chatbotId, 'nobody');
  equal((await stub.unfiredFaults()).length, 0);
}

async function useErrors(stub: Stub): Promise<void> {
  const chatbot = await stub.chatbot();
  await fetch(`${stub.url}/v1/inbox/${chatbot.chatbotId}/conversations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${chatbot.token}`, 'content-type': 'application/json' },
    body: '{"name":5}',
  });
  const late: unknown = await chatbot.waitFor({ status: 201 }, { timeoutMs: 50 }).catch((error) => error);
  if (!(late instanceof WaitTimeoutError)) throw new Error('no WaitTimeoutError');
  const { status, problem, requests, nearMisses }: WaitTimeoutError = late;
  deepEqual([late.name, status, problem?.['status'], requests.length], ['WaitTimeoutError', 408, 408, 0]);
  const { request, mismatches } = nearMisses[0] as NearMiss;
  const { field, expected, actual } = mismatches[0] as Mismatch;
  deepEqual([request.status, field, expected, actual], [400, 'status', 201, 400]);
  const violations: Violation[] = request.decisions.flatMap((decision) => decision.violations ?? []);
  const { pointer, rule, expected: right, got } = violations.find((one) => one.pointer === '/name') as Violation;
  deepEqual([pointer, rule, typeof right, got], ['/name', 'type', 'string', '5']);

  await rejects(stub.chatbot({ id: chatbot.chatbotId }), (error) => error instanceof StubError && error.status === 409);
  await rejects(startStub({ port: -1 }), (error) => {
    const problems: readonly string[] = error instanceof SettingsError ? error.problems : [];
    return problems.length === 1;
  });
  const recorded: StubOptions = { shapes: 'not-there.json' };
  await rejects(startStub(recorded), (error) => error instanceof SettingsError && /not-there/.test(error.message));
  await rejects(
    startStub({ port: Number(new URL(stub.url).port) }),
    (error) => error instanceof StartupError && !error.mayPass,
  );
}

/** What the types refuse. It is compiled and never called. */
export async function wrong(stub: Stub, chatbot: Chatbot): Promise<void> {
  // @ts-expect-error no such option
  await startStub({ prot: 1 });
  // @ts-expect-error a number
  await startStub({ port: '4650' });
  // @ts-expect-error one of two statuses
  await startStub({ unauthenticatedStatus: 404 });
  // @ts-expect-error the URL as text
  await startStub({ upstream: new URL('http://127.0.0.1') });
  // @ts-expect-error the name of a file
  await startStub({ shapes: {} });
  // @ts-expect-error left out, or there
  await startStub({ token: undefined });
  // @ts-expect-error the URL comes first
  await connectStub({ adminToken: 'secret' });
  // @ts-expect-error not to be changed
  stub.url = 'http://127.0.0.1';
  // @ts-expect-error absent where the control plane is open
  stub.adminToken.length;
  // @ts-expect-error grants are needed
  await stub.mintToken({});
  // @ts-expect-error a permission is held on a resource
  await stub.mintToken({ grants: [{ permission: '*' }] });
  // @ts-expect-error the scope has no token, only a chatbot that was made
  stub.scope('shop').token;
  // @ts-expect-error its own
  await chatbot.count({ chatbotId: 'other' });
  // @ts-expect-error its own
  await chatbot.waitFor({ chatbotId: 'other' });
  // @ts-expect-error what to wait for is needed
  await chatbot.waitFor();
  // @ts-expect-error one of four
  await chatbot.fault({ connection: 'slow' });
  // @ts-expect-error the shortest and the longest
  await chatbot.fault({ delayMs: { uniform: [1] } });
  // @ts-expect-error a fault means requests of its chatbot
  await chatbot.fault({ status: 503 }, { match: { chatbotId: 'other' } });
  // @ts-expect-error the count of a fault that is active is asked for
  (await chatbot.fault({ status: 503 })).fired;
  // @ts-expect-error text in ISO 8601, or a Date
  await chatbot.clock.set(Date.now());
}

main().then(() => process.stdout.write('ok\n'));
