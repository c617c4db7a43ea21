import { gzipSync } from 'node:zlib';
import Fastify, { type FastifyReply } from 'fastify';
import t, { type Test } from 'tap';
import { compileFilter } from '../../src/control/requests/filter.ts';
import type { Drift } from '../../src/upstream/exchange.ts';
import { parse } from '../metrics/exposition.ts';
import { admin } from '../support/admin.ts';
import { notTheStub } from '../support/answers/not-the-stub.ts';
import { entriesOf, onlyEntry } from '../support/journal.ts';
import { pathOf, startTestStub, type TestStub, VALID } from '../support/stub.ts';
import { entryOf } from '../support/waiting.ts';
import { answering, startUpstream } from './servers.ts';

const CREATED = { conversationId: '0VbpPWTqloiVzGlYWPCj' };

/** A server of the contract, made with Fastify like many, with something of it otherwise. */
async function startDrifted(t: Test, answer: (reply: FastifyReply) => unknown): Promise<string> {
  const app = Fastify();
  notTheStub(app.server, 'an upstream that has drifted');
  app.post('/v1/inbox/:chatbotId/conversations', async (_request, reply) => answer(reply));
  t.teardown(() => app.close());
  return app.listen({ host: '127.0.0.1', port: 0 });
}

const drifts: [name: string, answer: (reply: FastifyReply) => unknown, drift: Omit<Drift, 'side'>[]][] = [
  ['is as the contract has it', (reply) => reply.code(201).send(CREATED), []],
  ['refuses as the contract has it', (reply) => reply.code(400).send({ anything: 1 }), []],
  ['reports a failure in its success', (reply) => reply.code(201).send({ error: 'no such channel' }), []],
  [
    'has renamed a field',
    (reply) => reply.code(201).send({ id: 'x' }),
    [{ place: 'body/id', detail: 'is not declared' }],
  ],
  [
    'answers 200 in the place of 201',
    (reply) => reply.code(200).send(CREATED),
    [{ place: 'status', detail: 'is 200, declared are 201, 400, 403' }],
  ],
  [
    'has a status that is not declared',
    (reply) => reply.code(409).send({}),
    [{ place: 'status', detail: 'is 409, declared are 201, 400, 403' }],
  ],
  [
    'confirms an inference',
    (reply) => reply.code(401).send({}),
    [
      {
        place: 'status',
        detail:
          'is 401, declared are 201, 400, 403 (without a good credential, this stub answers so, too, as an inference: it is confirmed)',
      },
    ],
  ],
  [
    'fails',
    (reply) => reply.code(503).send({}),
    [
      {
        place: 'status',
        detail: 'is 503, declared are 201, 400, 403 (a failure of the server, which few contracts declare)',
      },
    ],
  ],
  [
    'has another type',
    (reply) => reply.code(201).send({ conversationId: 5 }),
    [{ place: 'body/conversationId', detail: 'must be string' }],
  ],
  [
    'has another media type',
    (reply) => reply.code(201).type('text/html').send('<p>created</p>'),
    [{ place: 'media type', detail: 'is text/html, declared is application/json' }],
  ],
  [
    'sends no JSON',
    (reply) => reply.code(201).type('application/json').send(Buffer.from('{"conv')),
    [{ place: 'body', detail: 'is not valid JSON' }],
  ],
  [
    'is otherwise in several places',
    (reply) => reply.code(201).send({ error: null, contactId: 'x' }),
    [
      { place: 'body/contactId', detail: 'is not declared' },
      { place: 'body/error', detail: 'must be string' },
    ],
  ],
];

for (const [name, answer, drift] of drifts) {
  t.test(
    `an upstream that ${name} is ${drift.length > 0 ? 'marked, and' : 'not marked, and'} passed on all the same`,
    async (t) => {
      const stub = await startTestStub(t, { upstream: await startDrifted(t, answer), metrics: 'on' });
      const body = JSON.stringify(VALID);
      const headers = { 'content-type': 'application/json' };
      const { status } = await fetch(stub.url + pathOf('x'), { method: 'POST', headers, body });
      const before = await entriesOf(stub);
      for (const [wanted, count] of [
        ['true', drift.length > 0 ? 1 : 0],
        ['false', drift.length > 0 ? 0 : 1],
      ] as const) {
        const { json } = await admin(stub, 'GET', `/requests?drift=${wanted}`);
        t.equal(json.requests.length, count, `drift=${wanted}`);
      }
      t.same((await admin(stub, 'POST', '/requests/count', { drift: true })).json, { count: drift.length > 0 ? 1 : 0 });
      const entry = await onlyEntry(t, stub, name);
      t.same(entry, before[0]);
      t.equal(entry.status, status);
      const byPlace = (one: Drift, other: Drift) => one.place.localeCompare(other.place);
      t.same(
        [...(entry.upstream?.drift ?? [])].sort(byPlace),
        drift.map((one) => ({ side: 'response', ...one })),
      );
      const told = entry.decisions.filter(({ step }) => step === 'contract');
      if (drift.length === 0) t.match(told, [{ outcome: 'passed' }]);
      else {
        t.same(
          told.map(({ outcome, detail }) => `${outcome} ${detail}`).sort(),
          drift.map(({ place, detail }) => `failed drift of the response: ${place} ${detail}`),
        );
      }
      const { samples } = parse((await stub.send({ method: 'GET', path: '/metrics' })).text);
      const counted = [...samples].filter(([key]) => key.startsWith('chatcaptain_stub_upstream_drift_total'));
      t.equal(
        counted.reduce((sum, [, value]) => sum + value, 0),
        drift.length,
      );
      for (const [key] of counted) t.match(key, /\{.*side="response".*\}/);
    },
  );
}

async function startAccepting(t: Test, status: number): Promise<TestStub> {
  const upstream = await startUpstream(t, answering(status, status < 400 ? CREATED : {}));
  return startTestStub(t, { upstream: upstream.url, database: ':memory:' });
}

t.test(
  'a request that breaks the contract is drift where it is accepted, and no news where it is refused',
  async (t) => {
    const wrong: [body: string, type: string, drift: object[]][] = [
      [
        '{"name":1,"channelId":"web"}',
        'application/json',
        [{ place: 'body/name', detail: 'must be string, and was accepted with 201' }],
      ],
      [
        '{"name":"Ada"}',
        'application/json',
        [{ place: 'body/channelId', detail: 'is missing, and was accepted with 201' }],
      ],
      ['{"name"', 'application/json', [{ place: 'body', detail: 'is not valid JSON, and was accepted with 201' }]],
      [
        JSON.stringify(VALID),
        'text/plain',
        [{ place: 'media type', detail: /^is text\/plain, .* accepted with 201$/ }],
      ],
      ['', 'application/json', [{ place: 'body', detail: 'is missing, and was accepted with 201' }]],
      [JSON.stringify({ ...VALID, more: 1 }), 'application/json', []],
    ];
    const [accepting, refusing] = [await startAccepting(t, 201), await startAccepting(t, 400)];
    for (const [body, type, drift] of wrong) {
      for (const stub of [accepting, refusing]) await stub.create(body, { headers: { 'content-type': type } });
      const accepted = (await onlyEntry(t, accepting, body)).upstream?.drift;
      t.match(
        accepted,
        drift.map((one) => ({ side: 'request', ...one })),
        body,
      );
      t.equal(accepted?.length, drift.length);
      t.same((await onlyEntry(t, refusing, body)).upstream?.drift, [], `refused: ${body}`);
    }
  },
);

t.test(
  'of an answer that is otherwise in very many places, a few are named, and how many more there are',
  async (t) => {
    const strange = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, index]));
    const upstream = await startDrifted(t, (reply) => reply.code(201).send(strange));
    const stub = await startTestStub(t, { upstream });
    t.same((await stub.create(VALID)).json, strange, 'it is passed on whole');
    const { upstream: side, decisions } = await onlyEntry(t, stub, 'the entry');
    t.equal(side?.drift.length, 21);
    t.match(side?.drift[0], { place: 'body/k0', detail: 'is not declared' });
    t.same(side?.drift.at(-1), { side: 'response', place: 'body', detail: 'is otherwise in 4980 more places' });
    t.equal(decisions.length, 22);
  },
);

t.test('where the contract has no such operation, nothing is compared', async (t) => {
  const stub = await startAccepting(t, 201);
  for (const [method, path] of [
    ['GET', pathOf('x')],
    ['POST', '/v1/other'],
    ['DELETE', pathOf('x')],
  ] as const) {
    await stub.send({ method, path });
    t.match(await onlyEntry(t, stub, path), {
      upstream: { status: 201, drift: [] },
      decisions: [{ step: 'upstream' }, { step: 'contract', outcome: 'ignored', detail: /has no such operation/ }],
    });
  }
});

t.test('a compressed answer is compared unpacked; one that cannot be unpacked is not, but for its head', async (t) => {
  const coded = (coding: string, body: Buffer, status = 201) =>
    startUpstream(t, (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json', 'content-encoding': coding }).end(body);
    });
  const entry = async (upstream: string) => {
    const stub = await startTestStub(t, { upstream, database: ':memory:' });
    await fetch(stub.url + pathOf('x'), { method: 'POST', body: '{}' }).catch(() => {});
    return onlyEntry(t, stub, upstream);
  };
  const drifted = await entry((await coded('gzip', gzipSync('{"id":1}'))).url);
  t.match(
    drifted.upstream?.drift.filter(({ side }) => side === 'response'),
    [{ place: 'body/id' }],
  );
  t.same(drifted.response.body, { id: 1 });
  for (const [coding, body, says] of [
    [
      'gzip',
      Buffer.from('no gzip'),
      /^the body of the answer is announced as gzip, and cannot be read so \(Z_DATA_ERROR\)$/,
    ],
    ['compress', Buffer.from('x'), /^the body of the answer comes in the coding compress, which is not read here$/],
    ['gzip', gzipSync(Buffer.alloc(11 * 1024 * 1024)), /cannot be read so \(ERR_BUFFER_TOO_LARGE\)$/],
  ] as const) {
    const { response, decisions, upstream } = await entry((await coded(coding, body)).url);
    t.equal(response.body, undefined, 'nobody knows what is in it');
    t.same(
      upstream?.drift.filter(({ side }) => side === 'response'),
      [],
    );
    t.match(decisions.at(-1), { step: 'contract', outcome: 'ignored', detail: says });
  }
});

t.test('the stream takes the filter, too, and the wait says what is missing', async (t) => {
  const stub = await startTestStub(t, { upstream: await startDrifted(t, (reply) => reply.code(200).send(CREATED)) });
  const plain = await startTestStub(t, { database: ':memory:' });
  const response = await fetch(`${stub.url}/__admin/requests/stream?drift=true`);
  const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  await reader.read();
  await stub.send({ method: 'GET', path: '/v1/other' });
  const { headers } = await stub.create(VALID);
  let text = '';
  while (!text.includes('event: request')) text += (await reader.read()).value;
  t.match(text, `id: ${headers['x-stub-request-id']}`);
  await reader.cancel();
  t.equal((await admin(stub, 'GET', '/requests?drift=maybe')).status, 400);

  await plain.create(VALID);
  const missed = await admin(plain, 'POST', '/requests/wait', { match: { drift: true }, timeoutMs: 0 });
  t.match(missed.json, {
    status: 408,
    nearMisses: [{ mismatches: [{ field: 'drift', expected: true, actual: false }] }],
  });
  t.same((await admin(plain, 'POST', '/requests/count', { drift: false })).json, { count: 1 });
  t.equal((await plain.stub.requests({ drift: false })).length, 1);
  t.equal((await stub.stub.requests({ drift: true }))[0]?.upstream?.drift[0]?.place, 'status');
  const har = await admin(stub, 'GET', '/requests?format=har&drift=true');
  t.match(har.json.log.entries, [{ _upstream: { status: 200, drift: [{ place: 'status' }] } }]);
});

t.test(
  'a request that cannot be unpacked goes out all the same, and of its body nothing is said or kept',
  async (t) => {
    const stub = await startAccepting(t, 201);
    for (const [coding, body] of [
      ['own', 'x'],
      ['gzip', '{}'],
    ] as const) {
      const headers = { 'content-type': 'application/json', 'content-encoding': coding };
      t.equal((await stub.create(body, { headers })).status, 201);
      const { request, upstream } = await onlyEntry(t, stub, coding);
      t.equal(request.body, undefined);
      t.same(upstream?.drift, []);
    }
  },
);

t.test('who follows the stream is woken by what is selected, and by nothing else', async (t) => {
  const entry = entryOf('x', 201);
  const side = { url: 'http://x', durationMs: 1, request: { headers: {} } };
  const drifted = {
    ...entry,
    upstream: { ...side, drift: [{ side: 'response', place: 'body', detail: '' } as const] },
  };
  for (const [one, has] of [
    [entry, false],
    [{ ...entry, upstream: { ...side, drift: [] } }, false],
    [drifted, true],
  ] as const) {
    t.equal(compileFilter({ drift: 'true' }).selects(one), has);
    t.equal(compileFilter({ drift: 'false' }).selects(one), !has);
    t.equal(compileFilter({}).selects(one), true);
  }
});
