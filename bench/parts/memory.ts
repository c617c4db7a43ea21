// What a server has in memory: idle, and the stub's after a hundred thousand and a million requests, its journal at its bound.
import { setTimeout as pause } from 'node:timers/promises';
import { type Contestant, LIMITS, OURS, ours, PEERS } from '../contestants.ts';
import { load } from '../load.ts';
import { hasWrk } from '../machine.ts';
import type { Part, Run } from '../part.ts';
import { memoryOf, type Server, start } from '../server.ts';

/** How many requests, in all: `BENCH_REQUESTS=1000000`. */
const REQUESTS = Number(process.env['BENCH_REQUESTS'] ?? 1_000_000);
export const IDLE = 'idle';
export const AFTER_A_TENTH = 'after 100 thousand requests';
export const AFTER_ALL = 'after a million requests';

export const memory: Part = {
  name: 'memory',
  title: 'Memory in use',
  reference: OURS,
  seconds: { full: 290, quick: 16 },
  run,
};

async function run(run: Run): Promise<void> {
  const { quick, say, skip } = run;
  const rounds = quick ? 1 : 3;
  const left = new Set<Contestant>([ours(), ...PEERS, ...LIMITS]);
  for (let round = 1; round <= rounds; round++) {
    for (const contestant of [...left]) {
      say((0.2 * (round - 1)) / rounds, `idle, round ${round} of ${rounds}: ${contestant.name}`);
      try {
        const server = await start(contestant);
        await pause(quick ? 300 : 2000);
        note(run, server, IDLE);
        await server.close();
      } catch (error) {
        skip(contestant.name, error);
        left.delete(contestant);
      }
    }
  }
  if (!hasWrk) return skip(`${OURS} under load`, 'wrk is missing');
  const server = await start(ours());
  try {
    const all = quick ? REQUESTS / 50 : REQUESTS;
    let asked = 0;
    for (const [limit, what] of [
      [all / 10, AFTER_A_TENTH],
      [all, AFTER_ALL],
    ] as const) {
      while (asked < limit) {
        say(0.2 + (0.8 * asked) / all, `${Math.round(asked / 1000)} of ${all / 1000} thousand requests`);
        // So that it ends near the limit, whatever the rate.
        const seconds = limit - asked > 40_000 ? 5 : 1;
        asked += (await load(server, { connections: 32, seconds })).requests;
      }
      await pause(1000);
      note(run, server, what);
    }
  } finally {
    await server.close();
  }
}

function note({ figures }: Run, server: Server, what: string): void {
  const { resident, proportional } = memoryOf(server);
  figures.add(server.name, what, 'MB', resident);
  figures.add(server.name, `${what}, shared pages by share`, 'MB', proportional);
}
