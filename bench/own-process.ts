// One stand-in in a process that loads no other: node bench/own-process.ts NAME. start-up.ts starts it and reads what it
// prints: its rows of the table, each with all its times.
import { live } from './life.ts';
import type { Start } from './stand-ins/stand-in.ts';

const WARM_UP = 10;
const ROUNDS = 20;

const began = performance.now();
const { start } = (await import(`./stand-ins/${process.argv[2]}.ts`)) as { start: Start };
const imported = performance.now();
const first = (await live(start))['start to first 201'];
const rows: Record<string, number[]> = {
  'cold: import': [imported - began],
  'cold: import to first 201': [imported - began + first],
  // What performance.now() counts from.
  'cold: process start to first 201': [imported + first],
};
for (let round = 1 - WARM_UP; round <= ROUNDS; round++) {
  for (const [what, time] of Object.entries(await live(start))) {
    rows[`alone: ${what}`] ??= [];
    if (round >= 1) rows[`alone: ${what}`]?.push(time);
  }
}
process.stdout.write(JSON.stringify(rows));
