import t from 'tap';
import { CONTRACT_CASES } from '../../src/contract/cases.ts';
import type { Difference } from '../../src/contract/expected.ts';
import { type PlanOptions, planOf } from '../../src/contract/plan.ts';
import { announcement, createdIn, documentOf, lineFor, outcomeOf, summary } from '../../src/contract/report.ts';
import type { Answered } from '../../src/contract/run.ts';

const [creating] = CONTRACT_CASES;
const refused = CONTRACT_CASES.find(({ status }) => status === 400);
const shape = { status: 400, mediaType: null, headers: [], body: { '': 'empty' } };
const answered = (what = refused, more: Partial<Answered> = {}): Answered => {
  return { what: what as Answered['what'], differences: [], shape, ...more };
};
const difference = (source: Difference['source']): Difference => ({ place: 'status', expected: '1', got: '2', source });

const planned: PlanOptions = {
  base: new URL('http://a'),
  credential: { header: 'authorization', secret: 'x' },
  chatbotId: 'bot',
  otherChatbotId: undefined,
  channelId: 'web',
  create: false,
  recorded: new Map([['400: no name', shape]]),
};

t.test('before: how many, to whom, as whom, with what it compares, and what is created', (t) => {
  t.equal(
    announcement(
      planOf(planned),
      { against: 'http://a', shapes: 'x.json' },
      { chatbotId: 'bot', credential: undefined },
    ),
    `Sends 1 request to http://a for the chatbot bot, with no credential,
and compares the shapes of the answers with x.json.
Creates no conversation, as long as each is refused, as the contract says. Of a kind that is not, no more are sent.
Leaves out ${CONTRACT_CASES.length - 1}: nothing is recorded of it.

`,
  );
  const seen = { ...shape, status: 201 };
  const create = planOf({ ...planned, create: true, recorded: new Map([[creating?.name as string, seen]]) });
  const text = announcement(create, { against: 'b', shapes: undefined }, { chatbotId: 'bot', credential: 'the key' });
  t.match(text, 'with the key,\nand compares the shapes of the answers with the contract.\n');
  t.match(text, 'Creates 1 conversation, and one more for each of the other 0 that is not refused.\n');
  t.end();
});

t.test('each answer: whether it is the same, and where not', (t) => {
  t.equal(lineFor(answered(), [answered()]), 'same     400: no name\n');
  t.equal(
    lineFor(answered(refused, { differences: [difference('recorded')], created: { conversationId: 'x' } }), []),
    'differs  400: no name\n           status: expected 1, got 2 (recorded)\n' +
      '           it was accepted, so there may be a new conversation\n',
  );
  const earlier = answered({ ...(refused as Answered['what']), name: 'x' }, { differences: [difference('recorded')] });
  t.equal(
    lineFor(answered(refused, { differences: [difference('recorded')] }), [answered(), earlier]),
    'differs  400: no name, as x\n',
    'what was said already is not said again',
  );
  t.match(lineFor(answered(refused, { differences: [difference('inferred')] }), [earlier]), '(inferred)');
  t.equal(lineFor(answered(creating, { created: { conversationId: 'x' } }), []), `same     ${creating?.name}\n`);
  t.end();
});

t.test('afterwards: how many, whose word they go against, what was created, why it stopped', (t) => {
  t.equal(
    summary({ answered: [answered()], left: [] }),
    '\n1 answer: 1 same, 0 differ.\nNo conversation was created.\n',
  );
  const differing = answered(refused, {
    differences: [difference('documented'), difference('inferred'), difference('inferred')],
  });
  const left = [{ what: refused as Answered['what'], why: 'because' }];
  const text = summary({ answered: [differing], left, failure: 'it is gone' });
  t.match(
    text,
    /^\nnot sent 400: no name: because\n\n1 answer: 0 same, 1 differs\.\n1 difference documented\. The vendor/,
  );
  t.match(text, /\n2 differences inferred\. Where the document is silent/);
  t.match(text, /\nStopped: it is gone\.\n$/);
  t.notMatch(text, 'recorded.');
  t.end();
});

t.test('what was created, by id where there is one, and nothing that moves a cursor', (t) => {
  const created = ['a\u001b[1A\nb', undefined].map((conversationId) =>
    answered(creating, { created: { conversationId } }),
  );
  t.equal(createdIn(created), '2 conversations were created: a [1A b, one without an id.');
  t.equal(createdIn([created[1] as Answered]), '1 conversation was created: one without an id.');
  t.end();
});

t.test('for programs: everything in one document', (t) => {
  const plan = planOf(planned);
  const one = answered(refused, { created: { conversationId: undefined } });
  const run = { answered: [one], left: [], failure: 'gone' };
  t.match(JSON.parse(documentOf(run, plan, { against: 'http://a', shapes: 'x.json' })), {
    outcome: 'failed',
    failure: 'gone',
    comparedWith: 'x.json',
    answered: [{ case: '400: no name', differences: [] }],
    created: [{ case: '400: no name', conversationId: null }],
  });
  const fine = JSON.parse(documentOf({ answered: [answered()], left: [] }, plan, { against: 'a', shapes: undefined }));
  t.match(fine, { outcome: 'same', comparedWith: 'contract', created: [] });
  t.notOk('failure' in fine);
  t.equal(fine.notSent.length, CONTRACT_CASES.length - 1);
  t.equal(outcomeOf({ answered: [answered(refused, { differences: [difference('inferred')] })], left: [] }), 'differs');
  t.end();
});
