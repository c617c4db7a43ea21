// Everything that is measured, beside what people would use in its place: node bench/main.ts [--quick] [--check] [PART…].
// README.md says what each figure means.
import { existsSync } from 'node:fs';
import { drawChart } from './chart.ts';
import { Collection, type PartResult, ratiosTo } from './figures.ts';
import { gatesOf, gateTable } from './gates.ts';
import { describeMachine, describeVersions, pinThisProcess } from './machine.ts';
import type { Part } from './part.ts';
import { coldStart } from './parts/cold-start.ts';
import { growth } from './parts/growth.ts';
import { journal } from './parts/journal.ts';
import { latency } from './parts/latency.ts';
import { memory } from './parts/memory.ts';
import { startStub } from './parts/start-stub.ts';
import { state } from './parts/state.ts';
import { throughput } from './parts/throughput.ts';
import { print, say } from './progress.ts';
import { writeReadme } from './readme.ts';
import { readResults, writeResults } from './results.ts';
import { cleanUp } from './server.ts';
import { tableOf } from './table.ts';

const PARTS: Part[] = [throughput, coldStart, startStub, latency, memory, state, growth, journal];

const [flags, names] = [process.argv.slice(2).filter(isFlag), process.argv.slice(2).filter((arg) => !isFlag(arg))];
const quick = flags.includes('--quick');
const unknown = [
  ...flags.filter((flag) => flag !== '--quick' && flag !== '--check'),
  ...names.filter((name) => !PARTS.some((part) => part.name === name)),
];
const missing = [
  ['../dist/cli.js', 'npm run build'],
  ['./node_modules', 'npm ci --prefix bench'],
].filter(([file]) => !existsSync(new URL(file as string, import.meta.url)));

if (unknown.length > 0) {
  leave(2, `There is no ${unknown.join(', ')}. Parts: ${PARTS.map(({ name }) => name).join(', ')}; --quick, --check`);
} else if (missing.length > 0) {
  const commands = missing.map(([, command]) => command).join(' && ');
  leave(1, `Nothing can be measured yet. First, in the root of the repository: ${commands}`);
} else {
  process.once('exit', cleanUp);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  await measure(PARTS.filter(({ name }) => names.length === 0 || names.includes(name)));
}

async function measure(parts: Part[]): Promise<void> {
  pinThisProcess();
  const secondsOf = ({ seconds }: Part) => (quick ? seconds.quick : seconds.full);
  for (const [index, part] of parts.entries()) {
    const after = parts.slice(index + 1).reduce((total, next) => total + secondsOf(next), 0);
    const result = await resultOf(part, (done, what) =>
      say(`${part.name}: ${what}`, after + secondsOf(part) * (1 - done)),
    );
    // After each part: what is measured stays, whatever becomes of the next.
    writeResults({ ...readResults(quick), [part.name]: result }, quick);
    print(tableOf(part.title, result));
  }
  const results = readResults(quick);
  const gates = gatesOf(results);
  print(gateTable(gates));
  if (!quick) {
    await drawChart(results);
    writeReadme(results);
  }
  if (flags.includes('--check') && gates.some(({ met }) => !met)) process.exitCode = 1;
}

async function resultOf(part: Part, sayHow: (done: number, what: string) => void): Promise<PartResult> {
  const figures = new Collection();
  const skipped: Record<string, string> = {};
  const skip = (who: string, why: unknown) => {
    skipped[who] = why instanceof Error ? why.message : String(why);
    print(`not measured: ${who}: ${skipped[who]}`);
  };
  try {
    await part.run({ quick, figures, say: sayHow, skip });
  } catch (error) {
    skip(part.name, error);
  }
  const found = figures.figures();
  return {
    date: new Date().toISOString().slice(0, 10),
    quick,
    machine: describeMachine(),
    versions: describeVersions(),
    reference: part.reference,
    figures: found,
    ratios: ratiosTo(part.reference, found),
    skipped,
  };
}

function isFlag(arg: string): boolean {
  return arg.startsWith('-');
}

function leave(code: number, why: string): void {
  process.stderr.write(`${why}\n`);
  process.exitCode = code;
}
