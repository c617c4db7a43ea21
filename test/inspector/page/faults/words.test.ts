import t from 'tap';
import {
  chanceInWords,
  effectInWords,
  firedInWords,
  isUsedUp,
  matchInWords,
} from '../../../../src/inspector/page/faults/words.ts';

t.test('each effect is said in words', async (t) => {
  const table: [Parameters<typeof effectInWords>[0], string][] = [
    [{ status: 503 }, 'answers 503'],
    [{ status: 429, headers: { 'Retry-After': '30' } }, 'answers 429 with Retry-After: 30'],
    [
      { status: 400, headers: { a: 'b', c: 'd' }, body: { e: null } },
      'answers 400 with a: b, c: d and the body {"e":null}',
    ],
    [{ status: 500, body: 'no' }, 'answers 500 with the text “no”'],
    [{ status: 500, body: null }, 'answers 500 with the body null'],
    [{ error: 'The channel is closed' }, 'answers 201 with the error “The channel is closed”'],
    [{ connection: 'reset' }, 'resets the connection'],
    [{ connection: 'empty' }, 'closes the connection without an answer'],
    [{ connection: 'truncate' }, 'answers 201 and cuts the body short'],
    [{ connection: 'garbage' }, 'sends bytes that are no HTTP'],
    [{ delayMs: 250 }, 'waits 250 ms'],
    [{ delayMs: { uniform: [100, 500] } }, 'waits 100 to 500 ms'],
    [{ delayMs: { lognormal: { median: 200, sigma: 0.5 } } }, 'waits about 200 ms (sigma 0.5)'],
    [{ delayMs: 0, status: 503 }, 'waits 0 ms, then answers 503'],
  ];
  for (const [effect, words] of table) t.equal(effectInWords(effect), words);
});

t.test('each condition of a match is said in words, in the same order always', async (t) => {
  t.same(matchInWords({}), []);
  t.same(matchInWords({ email: { $regex: '@x$' }, chatbotId: 'shop', channelId: '' }), [
    'chatbot is shop',
    'channel is ',
    'email matches @x$',
  ]);
});

t.test('how often it fired is said with how often it may', async (t) => {
  t.equal(firedInWords({ fired: 0 }), 'not yet');
  t.equal(firedInWords({ fired: 1 }), 'once');
  t.equal(firedInWords({ fired: 1200 }), '1,200 times');
  t.equal(firedInWords({ fired: 0, times: 1 }), '0 of 1 time');
  t.equal(firedInWords({ fired: 2, times: 3 }), '2 of 3 times');
});

t.test('one that has fired as often as it may is used up, one without end never', async (t) => {
  t.equal(isUsedUp({ fired: 2, times: 3 }), false);
  t.equal(isUsedUp({ fired: 3, times: 3 }), true);
  t.equal(isUsedUp({ fired: 3000 }), false);
});

t.test('a probability is said in percent, and is certain when absent', async (t) => {
  t.equal(chanceInWords(undefined), '100 %');
  t.equal(chanceInWords(0.07), '7 %');
  t.equal(chanceInWords(0.005), '0.5 %');
  t.equal(chanceInWords(1 / 3), '33.3 %');
});
