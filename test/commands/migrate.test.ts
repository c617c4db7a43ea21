import path from 'node:path';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { shippedMigrations } from '../../src/storage/migrate.ts';
import { run, serve } from '../support/command.ts';

t.test('makes the database, says what it did, and does nothing twice', async (t) => {
  const cwd = t.testdir();
  const first = await run(t, ['migrate', '--database', 'a/b.sqlite'], { cwd });
  const names = shippedMigrations().map(({ name }) => name);
  t.equal(names[0], '0001_initial.sql');
  t.same([first.code, first.stdout], [0, `a/b.sqlite migrated: ${names.join(', ')}\n`]);
  const second = await run(t, ['migrate', '--database', 'a/b.sqlite'], { cwd });
  t.same([second.code, second.stdout], [0, 'a/b.sqlite was up to date\n']);
  const db = new Sqlite(path.join(cwd, 'a/b.sqlite'), { readonly: true });
  t.equal(db.pragma('user_version', { simple: true }), names.length);
  db.close();
});

t.test('works beside a running server', async (t) => {
  const cwd = t.testdir();
  await serve(t, [], { cwd });
  t.match((await run(t, ['migrate'], { cwd })).stdout, 'was up to date');
});
