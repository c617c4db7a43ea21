// One stand-in in a process that loads no other: node bench/own-process.ts NAME LIVES. parts/start-stub.ts starts it and
// reads what it prints: how long the import took, and the parts of each life.
import { live } from './life.ts';
import type { Start } from './stand-ins/stand-in.ts';

const [name, lives] = process.argv.slice(2);
const began = performance.now();
const { start } = (await import(`./stand-ins/${name}.ts`)) as { start: Start };
const imported = performance.now() - began;
const all: Awaited<ReturnType<typeof live>>[] = [];
for (let index = 0; index < Number(lives); index++) all.push(await live(start));
process.stdout.write(JSON.stringify({ imported, lives: all }));
