// What was found in the answers of this process and of those that it starts, and what becomes of it.
import { appendFileSync, existsSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Asked } from './judge.ts';
import type { SentAnswer } from './reader.ts';

/** An answer, and what it is one to: `undefined` for bytes that were no request. */
export interface Heard {
  asked?: Asked;
  answer: SentAnswer;
}

/** Names the file in which the processes that a test starts leave what they found. */
export const FILE = 'ANSWERS_OF_STUBS';

function createFindings() {
  const inherited = process.env[FILE] || undefined;
  const file = inherited ?? path.join(tmpdir(), `answers-of-stubs-${process.pid}-${Date.now()}.txt`);
  const found = new Set<string>();
  /** Loaded where a stub is made: most processes make none. */
  let judge: typeof import('./judge.ts') | undefined;
  let loading: Promise<void> | undefined;
  let waiting: Heard[] = [];

  async function load(): Promise<void> {
    judge = await import('./judge.ts');
    for (const heard of waiting) hear(heard);
    waiting = [];
  }

  function prepare(): Promise<void> {
    loading ??= load();
    return loading;
  }

  function tell(line: string): void {
    if (inherited !== undefined && !found.has(line)) appendFileSync(file, `${line}\n`);
    found.add(line);
  }

  function hear(heard: Heard): void {
    if (judge) for (const line of judge.complaintsOf(heard)) tell(line);
    // At once: it may be killed before it can judge.
    else if (inherited !== undefined) appendFileSync(file, `${JSON.stringify(heard)}\n`);
    else waiting.push(heard);
    prepare();
  }

  /** Takes what other processes have left. */
  function collect(): void {
    if (!existsSync(file)) return;
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    rmSync(file);
    for (const line of lines) {
      if (line.startsWith('{')) waiting.push(JSON.parse(line));
      else found.add(`in a process of its own: ${line}`);
    }
  }

  /** Before the process ends by itself; what is done here makes this happen once more. */
  async function judgeTheRest(): Promise<void> {
    collect();
    const rest = waiting;
    waiting = [];
    if (rest.length === 0) return;
    await prepare();
    for (const heard of rest) hear(heard);
  }

  function fail(): void {
    collect();
    const lines = [...found, ...waiting.map(() => 'an answer has not been judged: the process ended too early')];
    if (lines.length === 0) return;
    const shown = lines
      .slice(0, 50)
      .map((line) => `  ${line}\n`)
      .join('');
    writeSync(2, `FAILED: ${lines.length} times answers are otherwise than the stub's documents say:\n${shown}`);
    process.exitCode = 1;
  }

  if (inherited === undefined) {
    process.on('beforeExit', judgeTheRest);
    process.on('exit', fail);
  }
  return { hear, prepare, tell, file };
}

export const findings = createFindings();
