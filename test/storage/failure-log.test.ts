import { PassThrough } from 'node:stream';
import t from 'tap';
import { createLogger } from '../../src/logging.ts';
import { createFailureLog } from '../../src/storage/failure-log.ts';

t.test('a failure that goes on for weeks is a line a minute, and its end is one', async (t) => {
  const destination = new PassThrough();
  let now = 0;
  const logger = await createLogger({ level: 'info', format: 'json', destination });
  const log = createFailureLog(logger, () => now);
  const lines = () =>
    String(destination.read() ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
  const locked = Object.assign(new Error('locked'), { code: 'SQLITE_BUSY' });

  log.failed(full, 3);
  t.match(lines(), [
    {
      level: 50,
      writes: 3,
      err: { code: 'SQLITE_FULL' },
      msg: 'storage refused a group of writes; none was stored: the disk is full',
    },
  ]);
  now = 59_999;
  log.failed(full, 2);
  log.failed(full, 5);
  t.same(lines(), []);
  now = 60_000;
  log.failed(full, 1);
  t.match(lines(), [{ writes: 1, writesSinceTheLastLine: 7 }]);
  log.failed(locked, 1);
  const [another, ...more] = lines();
  t.match(another, { msg: /another process holds the database locked$/ }, 'another reason is news');
  t.notOk('writesSinceTheLastLine' in another);
  t.same(more, []);
  log.recovered();
  t.match(lines(), [{ level: 30, msg: 'storage takes writes again' }]);
  log.failed(locked, 1);
  t.equal(lines().length, 1, 'and so is the same one after that');
  log.failed(locked, 1);
  t.same(lines(), []);
  log.forget();
  log.failed(locked, 1);
  const [anew, ...others] = lines();
  t.notOk('writesSinceTheLastLine' in anew, 'and when the database was opened anew');
  t.same(others, []);
});
