import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { besides, copySnapshot, putInPlace } from '../../src/storage/copy.ts';
import { makeDatabase } from '../support/database-file.ts';

t.test('after a signal nothing is put in place, not even what is ready', async (t) => {
  const cwd = t.testdir({ place: 'of yesterday' });
  const place = path.join(cwd, 'place');
  const breaking = new AbortController();
  const putting = besides(place, async (copy) => {
    writeFileSync(copy, 'of today');
    const put = putInPlace(copy, place, breaking.signal);
    breaking.abort();
    await put;
  });
  await t.rejects(putting, { name: 'AbortError' });
  t.equal(readFileSync(place, 'utf8'), 'of yesterday');
  t.same(readdirSync(cwd), ['place']);
});

t.test('a signal ends the copying of a large database before its end', async (t) => {
  const cwd = t.testdir();
  const database = makeDatabase(path.join(cwd, 'stub.sqlite'), 3000);
  const breaking = new AbortController();
  const reached: number[] = [];
  const onProgress = (done: number, whole: number): void => {
    reached.push(done / whole);
    if (done > 0) breaking.abort();
  };
  const copying = copySnapshot(database, path.join(cwd, 'copy'), { signal: breaking.signal, onProgress });
  await t.rejects(copying, { name: 'AbortError' });
  t.ok(reached.length > 0 && reached.every((part) => part < 1), String(reached));
  t.same(readdirSync(cwd), ['stub.sqlite']);
});
