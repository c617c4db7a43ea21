import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { createAnchor } from '../../src/storage/anchor.ts';

t.test('a file whose folder cannot be looked into is elsewhere, and not deleted', (t) => {
  const folder = path.join(t.testdir(), 'data');
  writeFileSync(path.join(t.testdirName, 'stub.sqlite'), '');
  symlinkSync('.', folder);
  const anchor = createAnchor(path.join(folder, 'stub.sqlite'));
  t.doesNotThrow(() => anchor.assertInPlace());
  rmSync(folder);
  // A link to itself: to look behind it is an error of the system.
  symlinkSync('data', folder);
  t.throws(() => anchor.assertInPlace(), { name: 'DisplacedError', how: 'moved' });
  t.equal(anchor.isDeleted(), false);
  rmSync(folder);
  symlinkSync('.', folder);
  t.doesNotThrow(() => anchor.assertInPlace());
  renameSync(path.join(folder, 'stub.sqlite'), path.join(folder, 'moved.sqlite'));
  t.throws(() => anchor.assertInPlace(), { name: 'DisplacedError', how: 'moved' });
  anchor.release();
  t.end();
});
