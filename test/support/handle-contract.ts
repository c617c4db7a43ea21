// What the handle of a stub does, whatever way its calls go: one suite, run over startStub and over connectStub.
import type { Test } from 'tap';
import { type Chatbot, type Stub, StubError, WaitTimeoutError } from '../../src/index.ts';
import { type Answer, PERMISSION, pathOf, send } from './stub.ts';

/** Posts a conversation as the program under test would. */
function create(stub: Stub, { chatbotId, token, channelIds }: Chatbot, body: object = {}): Promise<Answer> {
  return send(stub.url, {
    path: pathOf(encodeURIComponent(chatbotId)),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Ada', channelId: channelIds[0], ...body }),
  });
}

/** Sends a call of the control plane that the handle has no method for. */
async function post({ adminUrl, adminToken }: Stub, path: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json', ...(adminToken && { authorization: `Bearer ${adminToken}` }) };
  const answer = await fetch(adminUrl + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
}

const names = async (chatbot: Pick<Chatbot, 'conversations'>): Promise<string[]> =>
  (await chatbot.conversations()).map(({ name }) => name);

/** Runs the suite on a stub that nobody else uses. It is closed at the end. */
export async function handleContract(t: Test, stub: Stub): Promise<void> {
  await t.test('it says where the API and the control plane are', async (t) => {
    t.match(stub.url, /^http:\/\/[^/]+:\d+$/);
    t.equal(stub.adminUrl, `${stub.url}/__admin`);
  });

  await t.test('a chatbot is made with all that a request needs', async (t) => {
    const chatbot = await stub.chatbot();
    t.equal((await create(stub, chatbot)).status, 201);
    t.type(chatbot.tokenId, 'string');
    const shop = await stub.chatbot({ id: 'a shop?&#%ö😀', channels: ['web', 'mail'], name: 'ci', expiresIn: 60 });
    t.match(shop, { chatbotId: 'a shop?&#%ö😀', channelIds: ['web', 'mail'] });
    t.equal((await create(stub, shop)).status, 201);
    t.match((await create(stub, shop, { channelId: 'fax' })).json, { error: /fax/ });
    t.same(await names(shop), ['Ada']);
    const visitor = await stub.chatbot({ grants: [] });
    t.equal((await create(stub, visitor)).status, 403);
    const guest = await stub.chatbot({ grants: [{ permission: PERMISSION, resource: 'chatbots/other' }] });
    t.equal((await create(stub, guest)).status, 403);
  });

  await t.test('an id that is taken, and options that cannot be, are errors that say so', async (t) => {
    const { chatbotId } = await stub.chatbot();
    await t.rejects(stub.chatbot({ id: chatbotId }), {
      name: 'StubError',
      status: 409,
      message: `POST /__admin/chatbots was refused (409): There is a chatbot ${chatbotId} already. Leave the id out for a fresh one, or DELETE /__admin/chatbots/:id first.`,
    });
    const error = await stub.chatbot({ channels: [], expiresIn: -1 }).catch((error) => error);
    t.ok(error instanceof StubError);
    t.equal(
      error.message,
      [
        'POST /__admin/chatbots was refused (400):',
        '  /channels must be a list of channel ids, each once and none empty; leave it out, and the chatbot takes any channelId, got []',
        '  /expiresIn must be > 0, got -1',
      ].join('\n'),
    );
    t.match(error.problem, { status: 400, errors: [{ pointer: '/channels' }, { pointer: '/expiresIn' }] });
    t.notMatch(Object.keys(error), ['problem'], 'what test runners print below an error stays short');
  });

  await t.test('requests are listed with their answers and why, filtered, and as many as asked for', async (t) => {
    const chatbot = await stub.chatbot();
    await create(stub, chatbot);
    await create(stub, chatbot, { email: 'nobody' });
    await create(stub, chatbot, { name: 'Bob the Builder' });
    t.match(await chatbot.requests(), [
      { status: 201 },
      { status: 400 },
      { status: 201, chatbotId: chatbot.chatbotId },
    ]);
    const [refused, ...more] = await chatbot.requests({ status: '4xx', method: 'POST' });
    t.same(more, []);
    t.match(refused, {
      request: { body: { email: 'nobody' } },
      decisions: [
        { step: 'parsed' },
        {},
        {},
        { step: 'validated', violations: [{ pointer: '/email', got: '"nobody"' }] },
      ],
    });
    t.match(await chatbot.requests({ order: 'desc', limit: 1 }), [{ request: { body: { name: 'Bob the Builder' } } }]);
    t.equal((await chatbot.requests({ limit: 2 })).length, 2);
    t.equal((await chatbot.requests({ text: 'bob the b' })).length, 1);
    const path = pathOf(chatbot.chatbotId);
    t.equal((await stub.requests({ path, status: 201 })).length, 2, 'of the stub: those of every chatbot');
  });

  await t.test('conversations are listed, filtered, and as many as there are or are asked for', async (t) => {
    const conversations = Array.from({ length: 2010 }, (_, index) => ({ channelId: 'web', name: `n${index}` }));
    await post(stub, '/provider-states', { state: 'fixtures', params: { chatbots: [{ id: 'large', conversations }] } });
    const large = stub.scope('large');
    t.same((await names(large)).toSorted(), conversations.map(({ name }) => name).toSorted());
    t.equal((await large.conversations({ limit: 1500 })).length, 1500);
    t.equal((await large.conversations({ limit: 3 })).length, 3);
    await t.rejects(large.conversations({ limit: 0 }), { status: 400, message: /\/limit must be >= 1, got 0$/ });

    const chatbot = await stub.chatbot();
    await create(stub, chatbot, { email: 'ada@example.com', phone: '+49' });
    await create(stub, chatbot, { name: 'Bob the Builder', channelId: 'mail' });
    t.match(await chatbot.conversations({ channelId: 'mail' }), [{ name: 'Bob the Builder' }]);
    t.match(await chatbot.conversations({ email: 'ada@example.com' }), [{ name: 'Ada', phone: '+49' }]);
    // With a space: by chance an id may hold any three letters.
    t.match(await chatbot.conversations({ text: 'BOB THE' }), [{ name: 'Bob the Builder' }]);
    t.match(await chatbot.conversations({ order: 'desc' }), [{ name: 'Bob the Builder' }, { name: 'Ada' }]);
  });

  await t.test('waitFor resolves with what came before and with what comes', async (t) => {
    const chatbot = await stub.chatbot();
    await create(stub, chatbot, { name: 'Ada' });
    const [before] = await chatbot.waitFor({ body: { name: 'Ada' } });
    t.match(before, { status: 201, request: { body: { name: 'Ada' } } });
    const coming = chatbot.waitFor({ status: 201 }, { count: 3, timeoutMs: 30_000 });
    await create(stub, chatbot, { name: 'Bob' });
    await create(stub, chatbot, { email: 'nobody' });
    await create(stub, chatbot, { name: 'Cyd' });
    const bodies = (await coming).map(({ request }) => (request.body as { name: string }).name);
    t.same(bodies, ['Ada', 'Bob', 'Cyd']);
    t.equal((await stub.waitFor({ chatbotId: chatbot.chatbotId }, { count: 4 })).length, 4);
  });

  await t.test('a match takes regular expressions, at any depth', async (t) => {
    const chatbot = await stub.chatbot();
    await create(stub, chatbot, { name: 'Ada', extra: { tags: ['vip', 'new'] } });
    t.equal(await chatbot.count(), 1);
    t.equal(await chatbot.count({ body: { extra: { tags: [/^v/, /w$/u] } }, pointers: { '/name': /d/ } }), 1);
    t.equal(await chatbot.count({ body: { name: /^d/ } }), 0);
    t.equal(await stub.count({ chatbotId: new RegExp(`^${chatbot.chatbotId}$`), status: /^2/ }), 1);
    t.ok((await stub.count()) > 1, 'of the stub: all there are');
    await t.rejects(chatbot.waitFor({ body: { name: /ada/i } }), {
      name: 'StubError',
      message: /^The regular expression \/ada\/i has flags that the stub does not take: write it without them/,
    });
    await t.rejects(chatbot.count({ body: { name: /(a+)+$/ } }), { message: /, got "\(a\+\)\+\$"$/ });
    const unsendable: [value: unknown, what: string][] = [
      [new Map(), 'Map'],
      [new Headers(), 'Headers'],
      [Number.NaN, 'NaN'],
      [10n, '10'],
      [Symbol('x'), 'Symbol\\(x\\)'],
      [() => true, '\\(\\) => true'],
    ];
    for (const [value, what] of unsendable) {
      const message = new RegExp(`^${what} cannot be sent: give a JSON value`);
      await t.rejects(chatbot.count({ body: { name: value } }), { name: 'StubError', message });
    }
    const timeoutMs = '5' as unknown as number;
    await t.rejects(chatbot.waitFor({}, { timeoutMs }), { message: /\/timeoutMs must be integer, got "5"$/ });
    await t.rejects(chatbot.count({ body: { name: { $like: 'x' } } }), {
      message: /\/match\/body\/name\/\$like is no operator/,
    });
  });

  await t.test('a wait in vain shows what came nearest, and why it missed', async (t) => {
    const chatbot = await stub.chatbot();
    const { chatbotId } = chatbot;
    const wanted = { status: 201, body: { name: /^B/, email: { $exists: true } } };
    const match = '{"status":201,"body":{"name":{"$regex":"^B"},"email":{"$exists":true}}}';
    const nothing = await chatbot.waitFor(wanted, { timeoutMs: 10 }).catch((error) => error);
    t.ok(nothing instanceof WaitTimeoutError && nothing instanceof StubError);
    const sentence = `0 of 1 requests matched ${match} within 10 ms.`;
    t.equal(nothing.message, `${sentence} No request of chatbot ${chatbotId} has arrived.`);
    t.same(nothing.nearMisses, []);

    await create(stub, chatbot, { name: 'Ada' });
    await create(stub, chatbot, { name: 5, email: 'x' });
    const [ada, five] = (await chatbot.requests()).map(({ id }) => id);
    const error = await chatbot.waitFor(wanted, { timeoutMs: 10 }).catch((error) => error);
    t.equal(
      error.message,
      [
        sentence,
        'Nearest misses:',
        // Of two that missed by as much, the newer one.
        `  1. POST ${pathOf(chatbotId)} was answered 400 (request ${five})`,
        '     status: expected 201, got 400',
        '     body/name: expected a match of ^B, got 5',
        '     why: validated refused: /name: expected a string, got 5',
        '     why: validated refused: /email: expected an email address such as john.doe@example.com, got "x"',
        `  2. POST ${pathOf(chatbotId)} was answered 201 (request ${ada})`,
        '     body/name: expected a match of ^B, got "Ada"',
        '     body/email: expected something, got nothing',
      ].join('\n'),
    );
    t.equal(error.status, 408);
    t.match(error.nearMisses, [
      { request: { id: five }, mismatches: [{ field: 'status', expected: 201, actual: 400 }, {}] },
      {},
    ]);
    t.same(error.requests, []);

    const tooFew = await chatbot.waitFor({ status: 201 }, { count: 2, timeoutMs: 10 }).catch((error) => error);
    t.match(tooFew.message, /^1 of 2 requests matched /);
    t.match(tooFew.requests, [{ id: ada }]);
  });

  await t.test('a wait is over before test runners lose their patience', async (t) => {
    const before = performance.now();
    await t.rejects((await stub.chatbot()).waitFor({}), { name: 'WaitTimeoutError', message: /within 1000 ms/ });
    t.ok(performance.now() - before >= 990, 'and not sooner than it says');
  });

  await t.test('a fault breaks the requests that it means, as often as it says, and tells how often', async (t) => {
    const chatbot = await stub.chatbot();
    const fault = await chatbot.fault({ status: 503, body: { busy: true } }, { times: 2, match: { name: /^A/ } });
    t.match(fault, { effect: { status: 503 }, times: 2, match: { name: { $regex: '^A' } } });
    t.match(await chatbot.unfiredFaults(), [{ id: fault.id, fired: 0 }]);
    t.equal((await create(stub, chatbot, { name: 'Bob' })).status, 201);
    t.match(await create(stub, chatbot), { status: 503, json: { busy: true } });
    t.equal(await fault.timesFired(), 1);
    t.same(await chatbot.unfiredFaults(), []);
    t.equal((await create(stub, chatbot)).status, 503);
    t.equal((await create(stub, chatbot)).status, 201);
    t.equal(await fault.timesFired(), 2);

    const other = await stub.chatbot();
    const error = await other.fault({ error: 'No agent is free.' });
    t.match(await stub.unfiredFaults(), [{ id: error.id }]);
    t.match((await create(stub, other)).json, { error: 'No agent is free.' });
    await error.remove();
    await error.remove();
    t.ok((await create(stub, other)).json.conversationId);
    await t.rejects(other.fault({ status: 999, headers: { date: 'x' } }), {
      message:
        'POST /__admin/faults was refused (400):\n  /effect/status must be a whole number from 200 to 599, got 999',
    });
    await t.rejects(other.fault({ delayMs: 1, body: 'x' }), {
      message: /\/effect\/body stands beside a status: .*, got "x"$/,
    });
    t.same(await other.unfiredFaults(), []);
  });

  await t.test('a state is saved and comes back, of one chatbot without touching another', async (t) => {
    const [mine, other] = [await stub.chatbot(), await stub.chatbot()];
    await create(stub, mine);
    t.match(await mine.snapshot('with/one'), { name: 'with/one', chatbotId: mine.chatbotId, conversations: 1 });
    await create(stub, mine);
    await create(stub, other);
    t.match(await mine.restore('with/one'), { conversations: 1 });
    t.equal((await mine.conversations()).length, 1);
    t.equal((await other.conversations()).length, 1);
    await t.rejects(mine.restore('none'), { status: 404, message: /There is no snapshot none of the chatbot/ });

    t.match(await stub.snapshot('all'), { chatbotId: null });
    await create(stub, other);
    await stub.restore('all');
    t.equal((await other.conversations()).length, 1);
    await t.rejects(stub.restore('none'), { message: /\(404\)/ });
  });

  await t.test('a clock is set, advanced, frozen and released, of one chatbot alone or of the server', async (t) => {
    const chatbot = await stub.chatbot();
    const { chatbotId } = chatbot;
    t.match(await chatbot.clock.freeze('2026-01-01T00:00:00Z'), { now: '2026-01-01T00:00:00.000Z', frozen: true });
    await create(stub, chatbot);
    t.match(await chatbot.conversations(), [{ createdAt: '2026-01-01T00:00:00.000Z' }]);
    t.match(await chatbot.clock.advance(1500), { now: '2026-01-01T00:00:01.500Z', chatbotId });
    t.match(await chatbot.clock.set(new Date(0)), { now: '1970-01-01T00:00:00.000Z', frozen: true });
    t.match(await chatbot.clock.resume(), { frozen: false });
    t.match(await chatbot.clock.freeze(), { now: /^1970/, frozen: true });
    t.match(await chatbot.clock.read(), { now: /^1970/, frozen: true, chatbotId });
    t.match(await stub.clock.read(), { now: /^20/, frozen: false, offsetMs: 0, chatbotId: null });
    t.match(await chatbot.clock.reset(), { frozen: false, offsetMs: 0 });
    t.match(await stub.clock.freeze('2027-01-01T00:00:00Z'), { chatbotId: null });
    t.match(await chatbot.clock.read(), { now: '2027-01-01T00:00:00.000Z' }, 'one without a clock of its own follows');
    await stub.clock.reset();
    await t.rejects(chatbot.clock.set('tomorrow'), {
      status: 400,
      message: /\/set must be a time .*, got "tomorrow"$/,
    });
  });

  await t.test('tokens are minted and revoked', async (t) => {
    const chatbot = await stub.chatbot();
    const resource = `chatbots/${chatbot.chatbotId}`;
    const minted = await stub.mintToken({ name: 'ci', grants: [{ permission: PERMISSION, resource }], expiresIn: 60 });
    t.match(minted, { name: 'ci', chatbotId: null, state: 'active', revokedAt: null });
    t.equal((await create(stub, { ...chatbot, token: minted.token })).status, 201);
    await stub.revokeToken(minted.id);
    t.equal((await create(stub, { ...chatbot, token: minted.token })).status, 401);
    await stub.revokeToken(chatbot.tokenId);
    t.equal((await create(stub, chatbot)).status, 401);
    await t.rejects(stub.revokeToken('none'), { message: /\(404\)/ });
    const secret = 'not a token!';
    const error = await stub.mintToken({ grants: [], token: secret }).catch((error) => error);
    t.match(error, { name: 'StubError', status: 400 });
    t.notOk(error.message.includes(secret), 'no credential in an error');
    // @ts-expect-error a token of another type than a token has
    const typed = await stub.mintToken({ grants: [], token: { secret } }).catch((error) => error);
    t.match(typed.message, /\/token must be string, got something else$/);
  });

  await t.test('a chatbot that is there already is looked at by its id', async (t) => {
    const chatbot = await stub.chatbot();
    const scope = stub.scope(chatbot.chatbotId);
    await create(stub, chatbot);
    t.same(await scope.conversations(), await chatbot.conversations());
    t.equal(await scope.count({ status: 201 }), 1);
    t.notOk(Symbol.asyncDispose in scope, 'await using, which takes away, is for what a test has made');
  });

  await t.test('what is removed is gone with everything, and may be removed twice', async (t) => {
    const chatbot = await stub.chatbot();
    await create(stub, chatbot);
    await chatbot.remove();
    await chatbot.remove();
    t.same(await chatbot.conversations(), []);
    t.equal((await create(stub, chatbot)).status, 401, 'its token, too');
    let id = '';
    {
      await using scoped = await stub.chatbot();
      id = scoped.chatbotId;
      await create(stub, scoped);
    }
    t.same(await stub.scope(id).requests(), [], 'await using removes it');
  });

  await t.test('tests that run at once do not see each other', async (t) => {
    const run = async (index: number): Promise<void> => {
      await using chatbot = await stub.chatbot();
      await chatbot.fault({ status: 503 }, { times: index % 3 });
      for (let sent = 0; sent < 4; sent++) await create(stub, chatbot, { name: `${index}` });
      const expected = 4 - (index % 3);
      t.equal((await chatbot.waitFor({ status: 201 }, { count: expected })).length, expected);
      t.same(await names(chatbot), Array(expected).fill(`${index}`));
      t.match(await chatbot.reset(), { conversations: expected, requests: 4, faults: 1 });
      t.same(await chatbot.requests(), []);
    };
    // times: 0 is none, so those without a fault are left out.
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => index)
        .filter((index) => index % 3 > 0)
        .map(run),
    );
  });

  await t.test('a reset of the stub takes all of it away', async (t) => {
    const chatbot = await stub.chatbot();
    await create(stub, chatbot);
    const counts = await stub.reset();
    t.ok((counts.chatbots ?? 0) > 0 && counts.conversations > 0);
    t.equal(await stub.count(), 0);
    t.equal((await create(stub, chatbot)).status, 401);
  });

  await t.test('an id that no chatbot may have is refused, also where it would be removed', async (t) => {
    for (const id of ['', undefined, null, 5] as string[]) {
      t.throws(() => stub.scope(id), { name: 'StubError', message: /is no id of a chatbot: give a text/ });
    }
    await t.rejects(stub.scope('x'.repeat(100_000)).remove(), { name: 'StubError' });
    for (const name of ['', '.', '..', undefined] as string[]) {
      await t.rejects(stub.snapshot(name), { name: 'StubError', message: /can be no name: give a text/ });
    }
    await t.rejects(stub.snapshot('\ud800'), {
      name: 'StubError',
      message: /^"\\ud800" holds half of a surrogate pair/,
    });
  });

  await t.test('close may be called twice, and what comes later is refused with a reason', async (t) => {
    const chatbot = await stub.chatbot();
    await Promise.all([stub.close(), stub.close()]);
    await stub[Symbol.asyncDispose]();
    await t.rejects(chatbot.conversations(), {
      name: 'StubError',
      message: /closed: GET \/__admin\/conversations\?chatbotId=\S+ comes too late\.$/,
    });
    await t.rejects(stub.chatbot(), { name: 'StubError', status: undefined });
  });
}
