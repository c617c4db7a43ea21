// The promise of STUB_DURABILITY=normal: what was acknowledged survives the death of the process, whenever it comes.
import { Agent, request } from 'node:http';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { serve } from './support/command.ts';
import { pathOf } from './support/stub.ts';

const ROUNDS = 10;
const REQUESTS = 2000;

t.test(
  `${REQUESTS} concurrent requests, SIGKILL in the middle, ${ROUNDS} times over: nothing acknowledged is lost`,
  { timeout: 300_000 },
  async (t) => {
    const cwd = t.testdir();
    let total = 0;
    let round = 0;
    // A kill that came after the last answer proves nothing; that round is tried again, a bounded number of times.
    for (let attempt = 1; round < ROUNDS && attempt <= 2 * ROUNDS; attempt++) {
      const stub = await serve(t, ['--token', 'a', '--log-level', 'error', '--database', 'stub.sqlite'], { cwd });
      // A different moment each time, from early to late.
      const killAfter = Math.floor((REQUESTS * (round + 1)) / (2 * ROUNDS));
      const acknowledged = await hammer(stub.url, killAfter, () => stub.child.kill('SIGKILL'));
      const { signal } = await stub.ended;
      t.equal(signal, 'SIGKILL');
      if (acknowledged.length < REQUESTS) round++;

      const restarted = await serve(t, ['--token', 'a', '--log-level', 'error', '--database', 'stub.sqlite'], { cwd });
      const db = new Sqlite(path.join(cwd, 'stub.sqlite'), { readonly: true });
      const stored = new Set(db.prepare<[], string>('SELECT id FROM conversations').pluck().all());
      t.same(
        acknowledged.filter((id) => !stored.has(id)),
        [],
        `round ${round}: all ${acknowledged.length} are there`,
      );
      t.equal(db.pragma('integrity_check', { simple: true }), 'ok');
      db.close();
      restarted.child.kill();
      t.equal((await restarted.ended).code, 0);
      total += acknowledged.length;
    }
    t.equal(round, ROUNDS, `it died in the middle ${ROUNDS} times`);
    t.comment(`${total} acknowledged conversations survived ${ROUNDS} deaths`);
  },
);

/** Sends all requests at once, calls `kill` after so many answers, and resolves with every id that was received. */
async function hammer(url: string, killAfter: number, kill: () => void): Promise<string[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: REQUESTS });
  const acknowledged: string[] = [];
  const one = (index: number): Promise<void> =>
    new Promise((resolve) => {
      const headers = { authorization: 'Bearer a', 'content-type': 'application/json' };
      const outgoing = request(url + pathOf(`c${index % 7}`), { method: 'POST', headers, agent }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', () => resolve());
        response.on('end', () => {
          if (response.statusCode === 201) acknowledged.push(JSON.parse(text).conversationId);
          if (acknowledged.length === killAfter) kill();
          resolve();
        });
      });
      // The others meet a dead server.
      outgoing.on('error', () => resolve());
      outgoing.end(JSON.stringify({ name: `number ${index}`, channelId: 'web' }));
    });
  await Promise.all(Array.from({ length: REQUESTS }, (_, index) => one(index)));
  agent.destroy();
  return acknowledged;
}
