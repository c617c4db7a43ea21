import t from 'tap';
import { errorFrom, timeoutFrom } from '../../src/handle/explain.ts';
import type { NearMiss, RecordedRequest } from '../../src/index.ts';

const REQUEST: RecordedRequest = {
  id: 'r1',
  time: '2026-01-01T00:00:00.000Z',
  method: 'POST',
  path: '/v1/inbox/a/conversations',
  chatbotId: 'a',
  status: null,
  durationMs: 1,
  request: { headers: {} },
  response: { headers: {} },
  decisions: [],
};

function messageOf(nearMisses: NearMiss[], hints: string[] = []): string | undefined {
  const problem = { detail: 'in vain', requests: [], nearMisses, hints };
  return timeoutFrom(JSON.stringify(problem), { match: '{}', count: 1, timeoutMs: 5 })?.message;
}

t.test('each operator is said in words, and what is long is cut', (t) => {
  const mismatches = [
    { field: 'headers.x-a', expected: { $exists: false }, actual: 'there' },
    { field: 'body', expected: { $equals: { name: 'Ada' } }, actual: { name: 'Bob' } },
    { field: 'body/long', expected: 'x'.repeat(300), actual: [1, 2] },
  ];
  const decisions = [
    { step: 'parsed', outcome: 'passed', detail: 'JSON' },
    { step: 'permission', outcome: 'refused', detail: 'token "ci" holds nothing' },
    {
      step: 'validated',
      outcome: 'refused',
      detail: 'the body must be a JSON object',
      violations: [
        { pointer: '', rule: 'type', expected: 'a JSON object', got: '[]' },
        { pointer: '/name', rule: 'required', expected: 'a string' },
      ],
    },
  ];
  t.equal(
    messageOf([{ request: { ...REQUEST, decisions }, mismatches }]),
    [
      '0 of 1 requests matched {} within 5 ms.',
      'Nearest misses:',
      '  1. POST /v1/inbox/a/conversations was not answered (request r1)',
      '     headers.x-a: expected nothing, got "there"',
      '     body: expected exactly {"name":"Ada"}, got {"name":"Bob"}',
      `     body/long: expected "${'x'.repeat(198)}…, got [1,2]`,
      '     why: permission refused: token "ci" holds nothing',
      '     why: validated refused: the body: expected a JSON object, got []',
      '     why: validated refused: /name: expected a string, got nothing',
    ].join('\n'),
  );
  t.end();
});

t.test('what else there is to know stands behind the count', (t) => {
  t.equal(messageOf([], ['Nothing came.', 'More.']), '0 of 1 requests matched {} within 5 ms. Nothing came. More.');
  t.end();
});

t.test('a 408 that is none of the control plane is no time-out of the wait', (t) => {
  const asked = { match: '{}', count: 1, timeoutMs: 5 };
  t.equal(timeoutFrom('<html>', asked), undefined);
  t.equal(timeoutFrom('{"detail": "The client closed its side."}', asked), undefined);
  t.end();
});

t.test('a refusal names each place with what stood there, or says what came', (t) => {
  const problem = (errors?: object[]) => JSON.stringify({ detail: 'Do it otherwise.', errors });
  const message = (text: string, sent?: unknown) => errorFrom('PUT /x', 400, text, sent).message;
  t.equal(message(problem()), 'PUT /x was refused (400): Do it otherwise.');
  t.equal(
    message(
      problem([
        { pointer: '', detail: 'must be object' },
        { pointer: '/a/0', detail: 'must be text' },
      ]),
      { a: [1] },
    ),
    'PUT /x was refused (400):\n  the body must be object, got {"a":[1]}\n  /a/0 must be text, got 1',
  );
  t.equal(
    message(problem([{ pointer: '/a', detail: 'lacks b' }])),
    'PUT /x was refused (400):\n  /a lacks b, got nothing',
  );
  t.equal(
    message(problem([{ pointer: '/token', detail: 'no' }]), { token: 'secret' }),
    'PUT /x was refused (400):\n  /token no, got something else',
  );
  t.equal(message('<html>'), 'PUT /x was answered 400: "<html>"');
  t.equal(message('"text"'), 'PUT /x was answered 400: "\\"text\\""');
  t.end();
});
