import path from 'node:path';
import t from 'tap';
import { StartupError } from '../../src/startup-error.ts';
import { startupErrorFrom } from '../../src/storage/open.ts';
import { LEAST_ROOM, roomIn, troubleIn } from '../../src/storage/volume.ts';

t.test('what hinders writing in a folder, by the code of the system', (t) => {
  const folder = t.testdir();
  t.ok(roomIn(folder) > 0);
  t.equal(
    troubleIn(folder, () => LEAST_ROOM),
    undefined,
  );
  t.equal(
    troubleIn(folder, () => LEAST_ROOM - 1),
    'ENOSPC',
  );
  t.equal(troubleIn(path.join(folder, 'gone')), 'ENOENT');
  t.end();
});

t.test('where SQLite says only that it could not open the file, the start says why', (t) => {
  const file = path.join(t.testdir(), 'gone', 'stub.sqlite');
  const error = startupErrorFrom(Object.assign(new Error('unable to open'), { code: 'SQLITE_CANTOPEN' }), file);
  t.type(error, StartupError);
  t.match(error, { message: /cannot be opened for writing \(ENOENT\)/, cause: { code: 'ENOENT' }, mayPass: true });
  t.end();
});
