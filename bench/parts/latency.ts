// How long an answer takes at a moderate rate: half of what the stub can do at most, which is measured first.
import { BARE, LIMITS, OURS, ours } from '../contestants.ts';
import { median } from '../figures.ts';
import { load } from '../load.ts';
import type { Part, Run } from '../part.ts';
import { type Server, start } from '../server.ts';

export const latency: Part = {
  name: 'latency',
  title: "How long an answer takes at half of the stub's own maximum rate",
  reference: BARE,
  seconds: { full: 130, quick: 18 },
  run,
};

async function run({ quick, figures, say }: Run): Promise<void> {
  const [rounds, seconds, warmUp] = quick ? [1, 3, 2] : [5, 6, 5];
  const servers: Server[] = [];
  try {
    for (const contestant of [ours(), ...LIMITS]) {
      say(0, `starting and warming up ${contestant.name}`);
      const server = await start(contestant);
      servers.push(server);
      await load(server, { connections: 32, seconds: warmUp });
    }
    const own = servers[0] as Server;
    const maxima: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      say(0.2, `the maximum: round ${round} of ${rounds}`);
      maxima.push((await load(own, { connections: 32, seconds: quick ? 1 : 2 })).perSecond);
    }
    for (const perSecond of maxima) figures.add(OURS, 'maximum, 32 connections', '1/s', perSecond);
    const rate = median(maxima) / 2;
    for (let round = 1; round <= rounds; round++) {
      for (const server of servers) {
        say(
          0.3 + (0.7 * (round - 1)) / rounds,
          `round ${round} of ${rounds}, ${Math.round(rate)} a second: ${server.name}`,
        );
        const { perSecond, p50, p99, p999 } = await load(server, { connections: 128, seconds, rate });
        figures.add(server.name, 'rate', '1/s', perSecond);
        figures.add(server.name, 'p50', 'ms', p50);
        figures.add(server.name, 'p99', 'ms', p99);
        figures.add(server.name, 'p99.9', 'ms', p999);
      }
    }
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
}
