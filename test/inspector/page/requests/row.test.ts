import t from 'tap';
import { reasonOf, rowOf, targetOf } from '../../../../src/inspector/page/requests/row.ts';
import { exampleRequest } from './example-request.ts';

t.test('a row keeps what the list shows, and no body', async (t) => {
  const { decisions: _, request: __, response: ___, path: ____, ...kept } = exampleRequest();
  t.same(rowOf(exampleRequest()), {
    ...kept,
    target: '/v1/inbox/shop/conversations',
    reason: 'permission refused: token "ci" holds nothing; x on chatbots/shop is needed',
    isPlain: false,
    drift: 0,
  });
  t.equal(targetOf({ path: '/v1', query: 'a=1' }), '/v1?a=1');
});

t.test('the reason is the step that decided', async (t) => {
  const passed = { step: 'parsed', outcome: 'passed', detail: 'JSON' };
  const cases = [
    [[], '', true],
    [[passed], 'parsed passed: JSON', true],
    [[passed, { step: 'stored', outcome: 'passed', detail: '0abc' }], 'stored as 0abc', true],
    [[{ step: 'preference', outcome: 'ignored', detail: 'x' }, passed], 'parsed passed: JSON', true],
    [[{ step: 'fault', outcome: 'applied', detail: 'fault 0f: status 429' }], 'fault 0f: status 429', false],
    [
      [
        { step: 'preference', outcome: 'applied', detail: 'delay=1' },
        { step: 'stored', outcome: 'failed', detail: 'full' },
      ],
      'stored failed: full',
      false,
    ],
    [
      [
        { step: 'preference', outcome: 'applied', detail: 'delay=1' },
        { step: 'fault', outcome: 'applied', detail: 'fault 0f: reset' },
      ],
      'fault 0f: reset',
      false,
    ],
  ] as const;
  for (const [decisions, reason, isPlain] of cases) {
    const request = { ...exampleRequest(), decisions: [...decisions] };
    t.equal(reasonOf(request), reason);
    t.equal(rowOf(request).isPlain, isPlain, reason);
  }
  const long = { step: 'parsed', outcome: 'refused', detail: 'x'.repeat(1000) };
  t.equal(reasonOf({ decisions: [long] }).length, 301);
});

t.test('a row says in how many places a request was otherwise than the contract says', async (t) => {
  const side = { url: 'http://x', status: 200, durationMs: 1, request: { headers: {} } };
  const drift = [{ side: 'response', place: 'status', detail: 'is 200' } as const];
  t.equal(rowOf({ ...exampleRequest(), upstream: { ...side, drift } }).drift, 1);
  t.equal(rowOf({ ...exampleRequest(), upstream: { ...side, drift: [] } }).drift, 0);
});
