import t from 'tap';
import { DisplacedError } from '../../src/storage/anchor.ts';
import { describeFailure, isLoss, isStorageFailure } from '../../src/storage/failure.ts';

const coded = (code: string) => Object.assign(new Error('what SQLite says, with a /path'), { code });

t.test('each failure of storage has words, and it is known whether the database must be opened anew', (t) => {
  const rows: [error: unknown, reason: string, mustReopen: boolean][] = [
    [coded('SQLITE_FULL'), 'the disk is full', false],
    [coded('SQLITE_BUSY_SNAPSHOT'), 'another process holds the database locked', false],
    [coded('SQLITE_LOCKED'), 'another process holds the database locked', false],
    [coded('SQLITE_READONLY_DBMOVED'), 'the database is read-only', false],
    [coded('SQLITE_NOMEM'), 'there is not enough memory', false],
    [coded('SQLITE_CORRUPT_INDEX'), 'the database file is damaged', true],
    [coded('SQLITE_NOTADB'), 'the database file is damaged', true],
    [coded('SQLITE_IOERR_WRITE'), 'the disk gives errors', true],
    [coded('SQLITE_CANTOPEN'), 'the database cannot be opened', true],
    [coded('ENOSPC'), 'the disk is full', false],
    [coded('EROFS'), 'the volume of the database is read-only', false],
    [coded('FOREIGN'), "another program's file is in the place of the database", false],
    [coded('NEWER'), 'the database is of a newer release', false],
    [new DisplacedError('moved'), 'the database file is not in its place: it was moved, or its volume is away', false],
    [new DisplacedError('deleted'), 'the database file was deleted', true],
    [new DisplacedError('replaced'), 'another file is in the place of the database file', true],
    [new DisplacedError('unlogged'), 'the log of the database file was deleted', true],
    [new TypeError('The database connection is not open'), 'the database is not open', false],
  ];
  for (const [error, reason, mustReopen] of rows) {
    t.equal(describeFailure(error), reason);
    t.equal(isLoss(error), mustReopen, reason);
    t.ok(isStorageFailure(error), reason);
  }
  t.end();
});

t.test('what is about one statement alone is no failure of storage', (t) => {
  for (const error of [coded('SQLITE_CONSTRAINT_UNIQUE'), new TypeError('x is not a function'), 'a text', undefined]) {
    t.notOk(isStorageFailure(error));
    t.notOk(isLoss(error));
    t.equal(describeFailure(error), 'the database could not be written');
  }
  t.end();
});
