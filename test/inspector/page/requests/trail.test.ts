import t from 'tap';
import { trailOf } from '../../../../src/inspector/page/requests/trail.ts';
import { exampleRequest } from './example-request.ts';

const outcomes = (decisions: Parameters<typeof trailOf>[0]) =>
  trailOf(decisions).map(({ step, outcome }) => `${step} ${outcome}`);

const decision = (step: string, outcome: string, detail = 'why') => ({ step, outcome, detail });

t.test('steps that were not reached are there, as such', async (t) => {
  t.same(outcomes(exampleRequest().decisions), [
    'parsed passed',
    'credential passed',
    'permission refused',
    'validated waiting',
    'fault waiting',
    'channel waiting',
    'stored waiting',
  ]);
  t.same(outcomes([])[0], 'parsed waiting');
});

t.test(
  'a step that had nothing to do is passed by; steps that are not always there stand in their place',
  async (t) => {
    const way = ['parsed', 'credential', 'permission', 'validated'].map((step) => decision(step, 'passed'));
    t.same(
      outcomes([
        ...way,
        decision('preference', 'applied'),
        decision('channel', 'passed'),
        decision('stored', 'passed'),
        decision('sent', 'failed'),
      ]),
      [
        'parsed passed',
        'credential passed',
        'permission passed',
        'validated passed',
        'preference applied',
        'fault absent',
        'channel passed',
        'stored passed',
        'sent failed',
      ],
    );
    t.same(outcomes([decision('routed', 'refused')]).slice(0, 2), ['routed refused', 'parsed waiting']);
  },
);

t.test('of a step that was decided more than once, the gravest counts and each is told', async (t) => {
  const [, , , , fault] = trailOf([
    decision('fault', 'ignored', 'not drawn'),
    decision('fault', 'applied', 'status 429'),
  ]);
  t.same(fault, { step: 'fault', outcome: 'applied', details: ['ignored: not drawn', 'status 429'], violations: [] });
  const violation = { pointer: '/name', rule: 'type', expected: 'a string', got: '5' };
  const [, , , validated] = trailOf([{ ...decision('validated', 'refused'), violations: [violation] }]);
  t.same(validated?.violations, [violation]);
});

t.test('where there is an upstream, it judges, and the way is another', async (t) => {
  t.same(
    outcomes([decision('preference', 'applied'), decision('upstream', 'passed'), decision('contract', 'failed')]),
    ['preference applied', 'fault absent', 'upstream passed', 'contract failed'],
  );
  t.same(outcomes([decision('upstream', 'failed')]), ['fault absent', 'upstream failed', 'contract waiting']);
});
