// The journal at its bound: what an entry costs when another has to go for it, and whether memory and file stay as large as
// they are for an hour's requests, at a hundred a second, sent as fast as they are answered.
import { statSync } from 'node:fs';
import path from 'node:path';
import { call } from '../admin.ts';
import { ours } from '../contestants.ts';
import { load } from '../load.ts';
import type { Part, Run } from '../part.ts';
import { cpuTimeOf, memoryOf, type Server, start } from '../server.ts';

const HOUR = 100 * 3600;
const BOUND = 10_000;
const STEPS = 6;
export const BEFORE = 'while the journal fills';
export const AT_BOUND = 'at its bound';
const COST = 'a request';
const CPU = 'CPU time of a request';

export const journal: Part = {
  name: 'journal',
  title: "The journal at its bound, for an hour's requests",
  reference: BEFORE,
  seconds: { full: 150, quick: 12 },
  run,
};

async function run({ quick, figures, say }: Run): Promise<void> {
  const rounds = quick ? 1 : 7;
  const server = await start(ours());
  const measure = async (what: string) => {
    const before = cpuTimeOf(server);
    const { perSecond, requests } = await load(server, { connections: 32, seconds: 1 });
    figures.add(what, COST, 'µs', 1e6 / perSecond);
    figures.add(what, CPU, 'µs', (1000 * (cpuTimeOf(server) - before)) / requests);
  };
  try {
    say(0, 'warming up');
    await load(server, { connections: 32, seconds: quick ? 2 : 4 });
    for (let round = 1; round <= rounds; round++) {
      say((0.3 * (round - 1)) / rounds, `round ${round} of ${rounds}`);
      // In a second it fills up to some half, or all of it, and drops nothing, or little.
      await call(server, 'DELETE', '/requests?all=true');
      await measure(BEFORE);
      for (let sent = 0; sent < 1.2 * BOUND; ) sent += (await load(server, { connections: 32, seconds: 1 })).requests;
      await measure(AT_BOUND);
    }
    const hour = quick ? HOUR / 50 : HOUR;
    let asked = 0;
    for (let step = 1; step <= STEPS; step++) {
      while (asked < (hour * step) / STEPS) {
        say(0.3 + (0.7 * asked) / hour, `${Math.round(asked / 1000)} of ${hour / 1000} thousand requests`);
        asked += (await load(server, { connections: 32, seconds: quick ? 1 : 4 })).requests;
      }
      const what = `after ${(step * 60) / STEPS} minutes' requests`;
      figures.add(what, 'memory', 'MB', memoryOf(server).resident);
      figures.add(what, 'database', 'MB', sizeOf(server, 'stub.sqlite'));
      figures.add(what, 'write-ahead log', 'MB', sizeOf(server, 'stub.sqlite-wal'));
    }
  } finally {
    await server.close();
  }
}

function sizeOf(server: Server, file: string): number {
  return statSync(path.join(server.folder, file)).size / 1e6;
}
