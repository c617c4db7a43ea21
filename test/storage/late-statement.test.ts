import Sqlite from 'better-sqlite3';
import t from 'tap';
import { prepareLate } from '../../src/storage/late-statement.ts';

t.test('a statement is compiled when it is first run, and then kept', async (t) => {
  const db = new Sqlite(':memory:');
  t.teardown(() => db.close());
  const { prepare } = Sqlite.prototype;
  let compiled = 0;
  db.prepare = function count(this: Sqlite.Database, sql: string) {
    compiled += 1;
    return prepare.call(this, sql);
  } as typeof prepare;
  prepareLate(db);

  const make = db.prepare('CREATE TABLE t (a)');
  const insert = db.prepare<[number]>('INSERT INTO t VALUES (?)');
  const values = db.prepare<[], number>('SELECT a FROM t ORDER BY a').pluck();
  const rows = db.prepare<[], [number]>('SELECT a FROM t ORDER BY a').raw();
  const wrong = db.prepare('SELECT * FROM nowhere');
  t.equal(compiled, 0);
  make.run();
  t.equal(insert.run(1).changes, 1);
  insert.run(2);
  t.equal(compiled, 2);
  t.equal(values.get(), 1);
  t.same(values.all(), [1, 2]);
  t.same([...values.iterate()], [1, 2]);
  t.same(rows.all(), [[1], [2]]);
  t.same(
    rows.columns().map(({ name }) => name),
    ['a'],
  );
  t.equal(compiled, 4);
  t.throws(() => wrong.get(), /no such table: nowhere/);
});
