// How long it takes from the command to the first 201.
import { LIMITS, OURS, ours, PEERS } from '../contestants.ts';
import { ALL_CORES } from '../machine.ts';
import type { Part, Run } from '../part.ts';
import { start, timeOf } from '../server.ts';

export const NOTHING = 'node -e 0';
export const FIRST_201 = 'to the first 201';

export const coldStart: Part = {
  name: 'cold-start',
  title: 'From the command to the first 201',
  reference: OURS,
  seconds: { full: 110, quick: 16 },
  run,
};

async function run({ quick, figures, say, skip }: Run): Promise<void> {
  const rounds = quick ? 1 : 11;
  const contestants = [ours(), ...PEERS, ...LIMITS];
  const left = new Set(contestants);
  // Not counted: whatever is read for the first time comes from the disk.
  for (let round = 0; round <= rounds; round++) {
    for (const [index, contestant] of [...left].entries()) {
      say((round + index / left.size) / (rounds + 1), `round ${round} of ${rounds}: ${contestant.name}`);
      try {
        const server = await start(contestant, { cores: ALL_CORES });
        if (round > 0) figures.add(contestant.name, FIRST_201, 'ms', server.startedIn);
        await server.close();
      } catch (error) {
        skip(contestant.name, error);
        left.delete(contestant);
      }
    }
    const nothing = await timeOf([process.execPath, '-e', '0']);
    if (round > 0) figures.add(NOTHING, FIRST_201, 'ms', nothing);
  }
}
