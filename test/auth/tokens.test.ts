import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import Sqlite, { type Database } from 'better-sqlite3';
import t, { type Test } from 'tap';
import type { Grant } from '../../src/auth/permissions.ts';
import { createTokenStore, EVERYTHING, TokenError, type TokenStore } from '../../src/auth/tokens.ts';
import { createIdGenerator } from '../../src/ids.ts';
import { readMigrations } from '../../src/storage/migrate.ts';
import { closeDatabase, openDatabase } from '../../src/storage/open.ts';
import { refusalOf } from '../support/refusal.ts';

const MIGRATIONS = readMigrations(new URL('../../migrations/', import.meta.url));
const NOON = Date.parse('2026-01-01T12:00:00.000Z');
const GRANTS: readonly Grant[] = [{ permission: 'chatbots.inbox.*', resource: 'chatbots/a' }];

interface Setting {
  file: string;
  db: Database;
  store: TokenStore;
  /** Every statement that the store's connection ran since this was last emptied. */
  statements: string[];
  /** Moves the store's clock on by so many milliseconds. */
  pass: (milliseconds: number) => void;
}

/** A token store on a file; a second one on the same file stands for another process. */
function setUp(t: Test, options: { file?: string; newId?: () => string } = {}): Setting {
  const { file = path.join(t.testdir(), 'stub.db') } = options;
  closeDatabase(openDatabase({ file, durability: 'normal', migrations: MIGRATIONS, lockTimeout: 0 }).db);
  const statements: string[] = [];
  const db = new Sqlite(file, { verbose: (sql) => statements.push(String(sql)) });
  t.teardown(() => db.close());
  let now = NOON;
  const clock = () => now;
  const store = createTokenStore(db, { clock, newId: options.newId ?? createIdGenerator(clock, randomBytes) });
  statements.length = 0;
  return {
    file,
    db,
    store,
    statements,
    pass: (milliseconds) => {
      now += milliseconds;
    },
  };
}

t.test('a token that was made is found by its credential, with its grants, and listed', async (t) => {
  const { store } = setUp(t);
  const { token, credential } = store.create({ name: 'mine', grants: GRANTS });
  t.match(credential, /^CCSB-[0-9A-Za-z]{8}-[0-9A-Za-z]{12}$/);
  t.same(token, {
    id: token.id,
    name: 'mine',
    grants: GRANTS,
    createdAt: '2026-01-01T12:00:00.000Z',
    expiresAt: null,
    revokedAt: null,
    chatbotId: null,
  });
  t.match(token.id, /^[0-9A-Za-z]{20}$/);
  t.strictSame(store.find(credential), { state: 'active', token });
  t.strictSame(store.list(), [token]);
});

t.test('a token without a name has none, and one without grants may nothing', async (t) => {
  const { store } = setUp(t);
  const { credential } = store.create({ grants: [] });
  t.match(store.find(credential), { state: 'active', token: { name: null, grants: [] } });
});

t.test('a credential that nobody made is unknown, however near it comes', async (t) => {
  const { store } = setUp(t);
  const { credential, token } = store.create({ name: 'mine', grants: GRANTS });
  for (const near of ['', ' ', credential.slice(1), `${credential} `, credential.toLowerCase(), token.id, 'mine']) {
    t.strictSame(store.find(near), { state: 'unknown' }, JSON.stringify(near));
  }
  const hash = createHash('sha256').update(credential).digest('hex');
  t.strictSame(store.find(hash), { state: 'unknown' }, 'who reads the file learns nothing to send');
});

t.test('credentials stay random even where ids and the clock repeat', async (t) => {
  const credentials = new Set<string>();
  for (const name of ['first', 'second']) {
    const { store } = setUp(t, { file: path.join(t.testdir(), `${name}.db`), newId: () => 'always the same' });
    credentials.add(store.create({ grants: GRANTS }).credential);
  }
  t.equal(credentials.size, 2);
});

t.test('the file holds the SHA-256 of a credential and the credential nowhere, made or given', async (t) => {
  const { file, db, store } = setUp(t);
  const credentials = [
    store.create({ name: 'made', grants: GRANTS }).credential,
    store.create({ name: 'given', grants: GRANTS, token: 'a-credential-of-my-own' }).credential,
  ];
  store.register('one-of-the-settings', 'STUB_TOKEN', EVERYTHING);
  store.find('one-of-a-stranger');
  const bytes = () =>
    Buffer.concat([file, `${file}-wal`].filter((name) => existsSync(name)).map((name) => readFileSync(name)));
  t.ok(existsSync(`${file}-wal`));
  for (const state of ['in the log', 'in the file']) {
    for (const credential of credentials) {
      t.notOk(bytes().includes(credential), `${state}: not ${credential}`);
      t.ok(bytes().includes(createHash('sha256').update(credential).digest('hex')), `${state}: its hash`);
    }
    t.notOk(bytes().includes('one-of-the-settings'));
    t.notOk(bytes().includes('one-of-a-stranger'));
    closeDatabase(db);
  }
  t.notOk(existsSync(`${file}-wal`));
});

t.test('what the store gives out holds neither credential nor hash', async (t) => {
  const { store } = setUp(t);
  const { token, credential } = store.create({ grants: GRANTS });
  const keys = ['chatbotId', 'createdAt', 'expiresAt', 'grants', 'id', 'name', 'revokedAt'];
  t.same(Object.keys(token).sort(), keys);
  const { token: found } = store.find(credential) as { token: object };
  t.same(Object.keys(found).sort(), keys);
  for (const listed of store.list()) t.same(Object.keys(listed).sort(), keys);
});

t.test('a given token is registered as it is', async (t) => {
  const { store } = setUp(t);
  const { token, credential } = store.create({ grants: GRANTS, token: 'of-my.own_~+/9==' });
  t.equal(credential, 'of-my.own_~+/9==');
  t.strictSame(store.find('of-my.own_~+/9=='), { state: 'active', token });
});

t.test('a given token that no Authorization header could carry is refused, and nothing is stored', async (t) => {
  const { store, statements } = setUp(t);
  for (const given of [
    '',
    ' ',
    'two words',
    'line\n',
    'tab\t',
    'ü',
    '🙂',
    'a,b',
    'a;b',
    '"a"',
    'a:b',
    '=',
    '=a',
    'a=b',
  ]) {
    const error = refusalOf(() => store.create({ grants: GRANTS, token: given }));
    t.type(error, TokenError, JSON.stringify(given));
    t.match(error, { message: /^a token must be at most 1024 letters, digits and/ });
    t.strictSame(store.find(given), { state: 'unknown' });
  }
  t.same(
    statements.filter((sql) => sql.startsWith('INSERT')),
    [],
  );
  t.same(store.list(), []);
});

t.test('a token that is registered already is refused with TokenError, and the first stays as it was', async (t) => {
  const { store } = setUp(t);
  const { token } = store.create({ name: 'first', grants: GRANTS, token: 'the-same' });
  const error = refusalOf(() => store.create({ name: 'second', grants: EVERYTHING, token: 'the-same' }));
  t.type(error, TokenError);
  t.match(error, { name: 'TokenError', message: /registered already: choose another, or leave it out/ });
  t.strictSame(store.list(), [token]);
  t.strictSame(store.find('the-same'), { state: 'active', token });
});

t.test('a grant that means nothing is refused with what would be right, and nothing is stored', async (t) => {
  const { store, statements } = setUp(t);
  const table: [grant: Grant, message: RegExp][] = [
    [{ permission: 'chatbots..inbox', resource: 'chatbots/a' }, /^permission "chatbots\.\.inbox" must be dotted/],
    [{ permission: '*', resource: 'chatbots' }, /^resource "chatbots" must be a kind and an id/],
  ];
  for (const [grant, message] of table) {
    const error = refusalOf(() => store.create({ grants: [...GRANTS, grant], token: 'refused' }));
    t.type(error, TokenError);
    t.match(error, { message });
  }
  t.same(statements, []);
  t.same(store.list(), []);
  t.strictSame(store.find('refused'), { state: 'unknown' });
});

t.test('of a grant only its permission and its resource are stored', async (t) => {
  const { store, file } = setUp(t);
  const grant = { permission: '*', resource: 'chatbots/*', note: 'mine' };
  store.create({ grants: [grant] });
  t.strictSame(store.list()[0]?.grants, EVERYTHING);
  t.strictSame(setUp(t, { file }).store.list()[0]?.grants, EVERYTHING);
});

t.test('an error that is no duplicate is passed through', async (t) => {
  const { store } = setUp(t, { newId: () => 'always the same' });
  store.create({ grants: GRANTS, token: 'first' });
  const error = refusalOf(() => store.create({ grants: GRANTS, token: 'second' }));
  t.type(error, Sqlite.SqliteError);
  t.match(error, { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' });
  t.strictSame(store.find('second'), { state: 'unknown' });
});

t.test('tokens are listed oldest first, those of one millisecond by id', async (t) => {
  const ids = ['c', 'b', 'a'];
  const { store, pass } = setUp(t, { newId: () => ids.shift() ?? '' });
  store.create({ grants: GRANTS });
  store.create({ grants: GRANTS });
  pass(1);
  store.create({ grants: GRANTS });
  t.same(
    store.list().map(({ id }) => id),
    ['b', 'c', 'a'],
  );
});

t.test('a token expires at its very millisecond, and not before', async (t) => {
  const { store, pass } = setUp(t);
  const { token, credential } = store.create({ grants: GRANTS, expiresIn: 1.5 });
  t.equal(token.expiresAt, '2026-01-01T12:00:01.500Z');
  pass(1499);
  t.equal(store.stateOf(token), 'active');
  t.strictSame(store.find(credential), { state: 'active', token });
  pass(1);
  t.equal(store.stateOf(token), 'expired');
  t.strictSame(store.find(credential), { state: 'expired', token });
  pass(-1);
  t.strictSame(store.find(credential), { state: 'active', token }, 'as the clock says, also when it is set back');
});

t.test('a token without a lifetime never expires', async (t) => {
  const { store, pass } = setUp(t);
  const { credential } = store.create({ grants: GRANTS });
  pass(1000 * 365 * 86_400_000);
  t.equal(store.find(credential).state, 'active');
});

t.test('a lifetime that is none, or longer than a time can say, is refused, and nothing is stored', async (t) => {
  const { store, statements } = setUp(t);
  const longest = (Date.parse('9999-12-31T23:59:59Z') - NOON) / 1000;
  const none = [0, -0, -1, Number.NaN, Number.NEGATIVE_INFINITY];
  for (const expiresIn of [...none, longest + 1, 1e300, Number.POSITIVE_INFINITY]) {
    const error = refusalOf(() => store.create({ grants: GRANTS, expiresIn }));
    t.type(error, TokenError, `${expiresIn}`);
    t.match(error, { message: /^the lifetime of a token must be more than nothing, and end before the year 10000$/ });
  }
  t.same(statements, []);
  t.equal(store.create({ grants: GRANTS, expiresIn: longest }).token.expiresAt, '9999-12-31T23:59:59.000Z');
});

t.test('a revoked token is known and revoked from then on, and its neighbours are not', async (t) => {
  const { store, pass } = setUp(t);
  const { token, credential } = store.create({ name: 'mine', grants: GRANTS });
  const neighbour = store.create({ name: 'other', grants: GRANTS });
  pass(1000);
  const revoked = { ...token, revokedAt: '2026-01-01T12:00:01.000Z' };
  t.strictSame(store.revoke(token.id), revoked);
  t.strictSame(store.find(credential), { state: 'revoked', token: revoked });
  t.equal(store.stateOf(revoked), 'revoked');
  t.strictSame(store.find(neighbour.credential), { state: 'active', token: neighbour.token });
  t.strictSame(
    store.list(),
    [revoked, neighbour.token].sort((a, b) => (a.id < b.id ? -1 : 1)),
  );
});

t.test('revoking twice keeps the first time', async (t) => {
  const { store, pass } = setUp(t);
  const { token } = store.create({ grants: GRANTS });
  const first = store.revoke(token.id);
  pass(1000);
  t.strictSame(store.revoke(token.id), first);
  t.equal(first?.revokedAt, '2026-01-01T12:00:00.000Z');
});

t.test('revoking what is not there gives undefined and changes nothing', async (t) => {
  const { store } = setUp(t);
  const { token, credential } = store.create({ name: 'mine', grants: GRANTS });
  store.register('of the settings', 'STUB_TOKEN', GRANTS);
  for (const id of ['', 'unknown', 'mine', credential, 'STUB_TOKEN', token.id.toLowerCase(), '%']) {
    t.equal(store.revoke(id), undefined, JSON.stringify(id));
  }
  t.strictSame(store.find(credential), { state: 'active', token });
  t.equal(store.find('of the settings').state, 'active');
});

t.test('a token that expired and was revoked is revoked', async (t) => {
  const { store, pass } = setUp(t);
  const { token, credential } = store.create({ grants: GRANTS, expiresIn: 1 });
  store.revoke(token.id);
  pass(1000);
  t.equal(store.find(credential).state, 'revoked');
});

t.test('tokens, their ends and their revocations are there after a restart', async (t) => {
  const { store, file, db } = setUp(t);
  const active = store.create({ name: 'active', grants: GRANTS });
  const ending = store.create({ grants: GRANTS, expiresIn: 1 });
  const revoked = store.create({ grants: GRANTS });
  store.revoke(revoked.token.id);
  const before = store.list();
  closeDatabase(db);
  const { store: again, pass } = setUp(t, { file });
  t.strictSame(again.find(active.credential), { state: 'active', token: active.token });
  t.strictSame(again.find(ending.credential), { state: 'active', token: ending.token });
  t.equal(again.find(revoked.credential).state, 'revoked');
  t.strictSame(again.list(), before);
  pass(1000);
  t.equal(again.find(ending.credential).state, 'expired');
});

t.test(
  'finding asks the file nothing but, once per turn of the event loop, whether another process wrote',
  async (t) => {
    const { store, statements } = setUp(t);
    const { token, credential } = store.create({ grants: GRANTS });
    store.find(credential);
    for (let turn = 0; turn < 3; turn++) {
      await nextTurn();
      statements.length = 0;
      for (let index = 0; index < 100; index++) {
        t.equal(store.find(credential).state === 'active' && store.find('unknown').state, 'unknown');
      }
      t.same(statements, ['PRAGMA data_version'], `turn ${turn}`);
    }
    statements.length = 0;
    store.stateOf(token);
    t.same(statements, []);
  },
);

t.test('the tokens are read anew only when another process wrote', async (t) => {
  const { store, statements, file } = setUp(t);
  const other = setUp(t, { file });
  store.find('unknown');
  await nextTurn();
  other.store.create({ grants: GRANTS });
  statements.length = 0;
  store.find('unknown');
  t.match(statements, ['PRAGMA data_version', /^SELECT \* FROM tokens/]);
  await nextTurn();
  statements.length = 0;
  store.find('unknown');
  t.same(statements, ['PRAGMA data_version']);
});

t.test('what another process makes and revokes counts from the next turn of the event loop on', async (t) => {
  const { store, file } = setUp(t);
  const other = setUp(t, { file }).store;
  t.strictSame(store.find('new'), { state: 'unknown' });
  const { token } = other.create({ grants: GRANTS, token: 'new' });
  await nextTurn();
  t.strictSame(store.find('new'), { state: 'active', token });
  const revoked = other.revoke(token.id);
  await nextTurn();
  t.strictSame(store.find('new'), { state: 'revoked', token: revoked });
});

t.test('what this process makes and revokes counts at once', async (t) => {
  const { store } = setUp(t);
  t.strictSame(store.find('new'), { state: 'unknown' });
  const { token } = store.create({ grants: GRANTS, token: 'new' });
  t.equal(store.find('new').state, 'active');
  store.revoke(token.id);
  t.equal(store.find('new').state, 'revoked');
});

t.test('a process may revoke what another one made, before it looked for it', async (t) => {
  const { store, file } = setUp(t);
  const other = setUp(t, { file }).store;
  const { token, credential } = other.create({ grants: GRANTS });
  t.match(store.revoke(token.id), { id: token.id, revokedAt: '2026-01-01T12:00:00.000Z' });
  t.equal(store.find(credential).state, 'revoked');
  await nextTurn();
  t.equal(other.find(credential).state, 'revoked');
});

t.test('a registered credential counts while the process lives, survives a reload, and is not stored', async (t) => {
  const { store, file, db, statements } = setUp(t);
  store.register('of the settings', 'STUB_TOKEN', EVERYTHING);
  t.same(statements, []);
  const token = {
    id: 'STUB_TOKEN',
    name: 'STUB_TOKEN',
    grants: EVERYTHING,
    createdAt: '2026-01-01T12:00:00.000Z',
    expiresAt: null,
    revokedAt: null,
    chatbotId: null,
  };
  t.strictSame(store.find('of the settings'), { state: 'active', token });
  t.same(store.list(), []);

  const other = setUp(t, { file }).store;
  const made = other.create({ grants: GRANTS });
  await nextTurn();
  t.equal(store.find(made.credential).state, 'active', 'the stored ones were read anew');
  t.strictSame(store.find('of the settings'), { state: 'active', token });
  t.strictSame(other.find('of the settings'), { state: 'unknown' }, 'another process does not know it');
  t.equal(db.prepare('SELECT count(*) FROM tokens').pluck().get(), 1);
});

t.test('a registered credential counts even where a stored one of the same text was revoked', async (t) => {
  const { store } = setUp(t);
  const { token } = store.create({ name: 'stored', grants: GRANTS, token: 'the-same' });
  store.revoke(token.id);
  store.register('the-same', 'STUB_TOKEN', EVERYTHING);
  t.match(store.find('the-same'), { state: 'active', token: { name: 'STUB_TOKEN', grants: EVERYTHING } });
});

t.test('a token of everything is one grant on every chatbot', async (t) => {
  t.same(EVERYTHING, [{ permission: '*', resource: 'chatbots/*' }]);
});
