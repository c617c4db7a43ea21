import t from 'tap';
import { keyOf, pathOf } from '../../../../src/inspector/page/state/snapshot.ts';
import { countsInWords, offsetInWords, settingInWords } from '../../../../src/inspector/page/state/words.ts';

t.test('what a reset deletes is said in numbers, and what there is none of is left out', async (t) => {
  t.equal(countsInWords({ conversations: 0, requests: 0, faults: 0 }), 'nothing');
  t.equal(countsInWords({ conversations: 0, requests: 1, faults: 0 }), '1 journal entry');
  t.equal(
    countsInWords({ conversations: 12, requests: 30, faults: 1 }),
    '12 conversations, 30 journal entries and 1 fault',
  );
  t.equal(
    countsInWords({ conversations: 1, requests: 0, faults: 2, chatbots: 3, tokens: 4, snapshots: 1 }),
    '3 chatbots, 1 conversation, 2 faults, 4 tokens and 1 snapshot',
  );
});

t.test('a clock is said to be ahead or behind, and a moment is no difference', async (t) => {
  t.equal(offsetInWords(0), 'as the system’s');
  t.equal(offsetInWords(-999), 'as the system’s');
  t.equal(offsetInWords(3_600_000), '1 hour ahead of the system');
  t.equal(offsetInWords(-86_400_000), '1 day behind the system');
});

t.test('a setting is shown as it is, and one that is not set is said to be', async (t) => {
  t.equal(settingInWords('127.0.0.1'), '127.0.0.1');
  t.equal(settingInWords(4650), '4650');
  t.equal(settingInWords(false), 'false');
  t.equal(settingInWords(null), 'not set');
});

t.test('snapshots of one name are told apart by whose they are, and any name fits its path', async (t) => {
  const snapshot = { name: 'a/b?', createdAt: '', conversations: 0 };
  t.not(keyOf({ ...snapshot, chatbotId: 'shop' }), keyOf({ ...snapshot, chatbotId: null }));
  t.equal(pathOf('a/b?'), '/snapshots/a%2Fb%3F');
});
