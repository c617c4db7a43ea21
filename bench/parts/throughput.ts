// How many requests a second each answers with 201, and how long an answer takes then, at 1, 32 and 256 connections.
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Contestant, LIMITS, OURS, OURS_FULL, ours, PEERS } from '../contestants.ts';
import { load } from '../load.ts';
import { SERVER_CORE } from '../machine.ts';
import type { Part, Run } from '../part.ts';
import { newFolder, run as runProcess, type Server, start } from '../server.ts';

export const CONNECTIONS = [1, 32, 256];
const LOOP = 'SQLite in a loop';
const loop = fileURLToPath(new URL('../servers/sqlite-loop.ts', import.meta.url));

export const throughput: Part = {
  name: 'throughput',
  title: 'Requests a second, each answered 201, and how long an answer takes',
  reference: OURS,
  seconds: { full: 520, quick: 56 },
  run,
};

async function run(run: Run): Promise<void> {
  const { quick, figures, say } = run;
  const [rounds, seconds, warmUp] = quick ? [1, 1, 1] : [5, 3, 5];
  const contestants = [ours(), ours(OURS_FULL, '--durability', 'full'), ...PEERS, ...LIMITS];
  const servers = new Map<Contestant, Server>();
  try {
    for (const [index, contestant] of contestants.entries()) {
      say((0.1 * index) / contestants.length, `starting and warming up ${contestant.name}`);
      await orSkip(run, contestant, servers, async () => {
        servers.set(contestant, await start(contestant));
        await load(servers.get(contestant) as Server, { connections: 32, seconds: warmUp });
      });
    }
    const turns = rounds * CONNECTIONS.length;
    for (let turn = 0; turn < turns; turn++) {
      const connections = CONNECTIONS[turn % CONNECTIONS.length] as number;
      const round = `round ${Math.floor(turn / CONNECTIONS.length) + 1} of ${rounds}, ${connections} connections`;
      for (const [index, contestant] of [...servers.keys()].entries()) {
        say(0.1 + (0.9 * (turn + index / servers.size)) / turns, `${round}: ${contestant.name}`);
        await orSkip(run, contestant, servers, async () => {
          if (contestant.fresh) await anew(contestant, servers);
          const server = servers.get(contestant) as Server;
          const { perSecond, p50, p99 } = await load(server, { connections, seconds });
          figures.add(contestant.name, `${connections} connections`, '1/s', perSecond);
          figures.add(contestant.name, `${connections} connections, p50`, 'ms', p50);
          figures.add(contestant.name, `${connections} connections, p99`, 'ms', p99);
        });
      }
      // With as many rows in a transaction as can come at once.
      figures.add(LOOP, `${connections} connections`, '1/s', await insertInALoop(connections, seconds));
    }
  } finally {
    await Promise.all([...servers.values()].map((server) => server.close()));
  }
}

/** A peer that fails is left out from there on. */
async function orSkip(
  run: Run,
  contestant: Contestant,
  servers: Map<Contestant, Server>,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    run.skip(contestant.name, error);
    await servers.get(contestant)?.close();
    servers.delete(contestant);
  }
}

async function anew(contestant: Contestant, servers: Map<Contestant, Server>): Promise<void> {
  await servers.get(contestant)?.close();
  const server = await start(contestant);
  servers.set(contestant, server);
  await load(server, { connections: 32, seconds: 1 });
}

/** Rows a second that better-sqlite3 inserts, with so many in a transaction. */
async function insertInALoop(each: number, seconds: number): Promise<number> {
  const folder = newFolder();
  const child = runProcess(
    SERVER_CORE,
    [process.execPath, loop, folder, String(each), String(seconds)],
    folder,
    'pipe',
  );
  const [said] = await Promise.all([text(child.stdout as NodeJS.ReadableStream), once(child, 'exit')]);
  return Number(said);
}
