// What the other parts of the control plane must hear of a change of state, and when. Their own rooms are tested elsewhere.
import path from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { resolveSettings } from '../../src/config.ts';
import { openContext, type ServerContext } from '../../src/context.ts';
import { createState, type State } from '../../src/control/state.ts';
import { closeDatabase } from '../../src/storage/open.ts';

interface Heard {
  part: 'tokens' | 'faults' | 'journal';
  chatbotId?: string | undefined;
  /** How many conversations there were then, and whether that was committed. */
  conversations: number;
  isCommitted: boolean;
}

interface Room extends ServerContext {
  state: State;
  heard: Heard[];
  count(chatbotId?: string): number;
}

/** A context on a file of the test's own, whose fixtures do what the test says. */
function open(t: Test, apply: (chatbotId: string | undefined, context: ServerContext) => void = () => {}): Room {
  const database = path.join(t.testdir(), 'stub.sqlite');
  const settings = resolveSettings({ options: { database, logLevel: 'silent' } });
  const context = openContext(settings, pino({ level: 'silent' }));
  t.teardown(() => closeDatabase(context.db));
  const heard: Heard[] = [];
  const hear =
    (part: Heard['part']) =>
    (chatbotId?: string): void => {
      heard.push({ part, chatbotId, conversations: count(), isCommitted: !context.db.inTransaction });
    };
  const state = createState(context.db, {
    ...context,
    tokens: { ...context.tokens, reload: hear('tokens') },
    faults: { ...context.faults, reload: hear('faults') },
    journal: { ...context.journal, forget: hear('journal') },
    fixtures: { ...context.fixtures, apply: (chatbotId) => apply(chatbotId, context) },
  });
  function count(chatbotId?: string): number {
    const where = chatbotId === undefined ? '' : ` WHERE chatbot_id = '${chatbotId}'`;
    return context.db.prepare<[], number>(`SELECT count(*) FROM conversations${where}`).pluck().get() as number;
  }
  for (const chatbotId of ['mine', 'mine', 'other']) add(context, chatbotId);
  return { ...context, state, heard, count };
}

let made = 0;

function add({ db, clock }: ServerContext, chatbotId: string): void {
  const createdAt = new Date(clock.now(chatbotId)).toISOString();
  db.prepare(`INSERT INTO conversations VALUES (?, ?, 'web', 'John', NULL, NULL, ?)`).run(chatbotId, made++, createdAt);
}

t.test('the fixtures go in with what the reset takes out: both, or neither', async (t) => {
  const applied: unknown[] = [];
  let isBroken = false;
  const room = open(t, (chatbotId, context) => {
    applied.push([chatbotId, context.db.inTransaction]);
    add(context, chatbotId ?? 'declared');
    if (isBroken) throw new Error('cannot be applied');
  });
  t.same(await room.state.reset('mine'), { conversations: 2, requests: 0, faults: 0 });
  t.same([room.count('mine'), room.count('other')], [1, 1]);
  t.match(await room.state.reset(), { conversations: 2 });
  t.same([room.count('declared'), room.count()], [1, 1]);
  t.same(applied, [
    ['mine', true],
    [undefined, true],
  ]);

  isBroken = true;
  const before = room.heard.length;
  await t.rejects(room.state.reset(), { message: 'cannot be applied' });
  t.same([room.count('declared'), room.count()], [1, 1], 'what was there is there');
  t.equal(room.heard.length, before);
});

t.test('what the fixtures declare is dated by the clock as it is after the reset', async (t) => {
  const room = open(t, (chatbotId, context) => add(context, chatbotId ?? 'declared'));
  const dates = () => room.db.prepare<[], string>('SELECT created_at FROM conversations').pluck().all();
  for (const chatbotId of ['mine', undefined]) {
    room.clock.adjust({ set: 0, freeze: true }, chatbotId);
    await room.state.removeConversations();
    const before = new Date().toISOString();
    await room.state.reset(chatbotId);
    t.equal(dates().length, 1);
    t.ok((dates()[0] as string) >= before, `${dates()[0]} is now`);
  }
});

t.test('a reset takes and counts its own alone, whether others stand before it, behind it, or nowhere', async (t) => {
  const room = open(t);
  const request = room.db.prepare(
    `INSERT INTO requests (id, time, method, path, chatbot_id, status, duration_ms, request_headers, response_headers,
       decisions, bytes) VALUES (?, '', 'POST', '', ?, 201, 1, '{}', '{}', '[]', 1)`,
  );
  const left = () =>
    ['conversations', 'requests'].map((table) =>
      room.db.prepare(`SELECT chatbot_id FROM ${table} ORDER BY 1`).pluck().all(),
    );
  for (const others of [['Mine'], ['mine '], ['', 'other'], ['min', 'minf'], []]) {
    await room.state.reset();
    for (const chatbotId of ['mine', ...others]) {
      add(room, chatbotId);
      request.run(made, chatbotId);
    }
    t.same(await room.state.reset('mine'), { conversations: 1, requests: 1, faults: 0 });
    t.same(left(), [others, others]);
    t.same(await room.state.reset('mine'), { conversations: 0, requests: 0, faults: 0 });
    t.same(left(), [others, others]);
  }
});

t.test('a clock goes back with what it belongs to, and no other does', async (t) => {
  const room = open(t);
  await room.state.save('base', 'mine');
  await room.state.save('base');
  const frozen = () => [
    room.clock.read().isFrozen,
    room.clock.read('mine').isFrozen,
    room.clock.read('other').isFrozen,
  ];
  const freeze = () => {
    for (const chatbotId of [undefined, 'mine', 'other']) room.clock.adjust({ freeze: true }, chatbotId);
  };
  const rows: [name: string, change: () => Promise<unknown>, expected: boolean[]][] = [
    ['reset of one', () => room.state.reset('mine'), [false, false, true]],
    ['restore of one', () => room.state.restore('base', 'mine'), [false, false, true]],
    ['removal', () => room.state.removeChatbot('mine'), [false, false, true]],
    ['reset of all', () => room.state.reset(), [false, false, false]],
    ['restore of all', () => room.state.restore('base'), [false, false, false]],
  ];
  for (const [name, change, expected] of rows) {
    freeze();
    if (expected[2]) room.clock.adjust({ freeze: false });
    await change();
    t.same(frozen(), expected, name);
  }
});

t.test('memory is read anew once the rows are committed, and only what has changed', async (t) => {
  const room = open(t);
  await room.state.save('empty', 'nobody');
  await room.state.save('base');
  t.same(room.heard, [], 'saving changes nothing');
  const rows: [name: string, change: () => Promise<unknown>, conversations: number, parts: [string, string?][]][] = [
    [
      'removal',
      () => room.state.removeChatbot('other'),
      2,
      [
        ['tokens', 'other'],
        ['faults', 'other'],
        ['journal', 'other'],
      ],
    ],
    [
      'reset of one',
      () => room.state.reset('mine'),
      0,
      [
        ['tokens', 'mine'],
        ['faults', 'mine'],
        ['journal', 'mine'],
      ],
    ],
    ['restore of all', () => room.state.restore('base'), 3, [['tokens'], ['faults']]],
    [
      'restore of one',
      () => room.state.restore('empty', 'nobody'),
      3,
      [
        ['tokens', 'nobody'],
        ['faults', 'nobody'],
      ],
    ],
    ['reset of all', () => room.state.reset(), 0, [['tokens'], ['faults'], ['journal']]],
  ];
  for (const [name, change, conversations, parts] of rows) {
    room.heard.length = 0;
    await change();
    const expected = parts.map(([part, chatbotId]) => ({ part, chatbotId, conversations, isCommitted: true }));
    t.same(room.heard, expected, name);
  }
});

t.test('a change stands behind the writes that were asked for before it, and before those after it', async (t) => {
  const room = open(t);
  const write = () => room.groupCommit.write(() => add(room, 'mine'));
  await Promise.all([write(), write(), room.state.removeConversations('mine'), write()]);
  t.same([room.count('mine'), room.count('other')], [1, 1]);
});
