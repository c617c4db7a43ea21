// How long a test suite waits for its stand-in: node bench/start-up.ts [ROUNDS]. chatcaptain-stub as it is built, beside
// mockttp and Prism, by turns. README.md says what each figure means.
//
// The peers do less for it. mockttp answers as it was told to, whatever the body says, and remembers requests. Prism
// checks a request against the document and makes its answer from the schema. Neither stores a conversation or knows a
// token; chatcaptain-stub has opened a database and made a chatbot with a token of its own before the first 201.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import root from '../package.json' with { type: 'json' };
import { live } from './life.ts';
import { add, report, say, times } from './measurements.ts';
import bench from './package.json' with { type: 'json' };
import type { Start } from './stand-ins/stand-in.ts';

const ROUNDS = Number(process.argv[2] ?? 50);
const WARM_UP = 10;
const PROCESSES = 5;
const OURS = 'chatcaptain-stub';
const STAND_INS = [OURS, 'mockttp', 'prism'];

const missing = [
  ['../dist/index.js', 'npm run build'],
  ['./node_modules', 'npm ci --prefix bench'],
].filter(([file]) => !existsSync(new URL(file as string, import.meta.url)));
if (missing.length === 0) {
  await runAlone();
  await runTogether();
  say('');
  print();
} else {
  const commands = missing.map(([, command]) => command).join(' && ');
  process.stderr.write(`Nothing can be measured yet. First, in the root of the repository: ${commands}\n`);
  process.exitCode = 1;
}

/** Each in processes of its own: the first start of each process, and later ones. */
async function runAlone(): Promise<void> {
  const file = fileURLToPath(new URL('./own-process.ts', import.meta.url));
  for (let round = 1; round <= PROCESSES; round++) {
    for (const name of STAND_INS) {
      say(`process ${round} of ${PROCESSES}: ${name}`);
      const { stdout } = await promisify(execFile)(process.execPath, [file, name]);
      for (const [what, all] of Object.entries(JSON.parse(stdout) as Record<string, number[]>)) {
        for (const time of all) add(`${what}: ${name}`, time);
      }
    }
  }
}

/** All of them in this process, as beside the other packages of a test suite. */
async function runTogether(): Promise<void> {
  const starts = new Map<string, Start>();
  for (const name of [...STAND_INS, 'prism-read-once']) {
    const { start } = (await import(`./stand-ins/${name}.ts`)) as { start: Start };
    starts.set(name, start);
  }
  for (let round = 1 - WARM_UP; round <= ROUNDS; round++) {
    say(round < 1 ? 'warming up' : `round ${round} of ${ROUNDS}`);
    for (const [name, start] of starts) {
      const figures = await live(start);
      if (round < 1) continue;
      for (const [what, time] of Object.entries(figures)) add(`together: ${what}: ${name}`, time);
    }
  }
}

function print(): void {
  const figureOf = (what: string) => what.slice(0, what.lastIndexOf(':'));
  // They came stand-in by stand-in.
  const byFigure = Map.groupBy([...times], ([what]) => figureOf(what));
  times.clear();
  for (const [what, all] of [...byFigure.values()].flat()) times.set(what, all);
  const { mockttp, '@stoplight/prism-http': prism } = bench.dependencies;
  const date = new Date().toISOString().slice(0, 10);
  process.stdout.write(
    `${OURS} ${root.version}, mockttp ${mockttp}, Prism ${prism}; Node ${process.version}; ${date}\n`,
  );
  report((what) => `${figureOf(what)}: ${OURS}`, 2);
}
