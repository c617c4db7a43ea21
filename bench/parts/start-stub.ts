// How long a test suite waits for the stand-in that it starts in its own process: chatcaptain-stub as it is built, beside
// mockttp and Prism, each in processes that load nothing else.
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { OURS } from '../contestants.ts';
import { median } from '../figures.ts';
import { ALL_CORES } from '../machine.ts';
import type { Part, Run } from '../part.ts';
import { run as runProcess, wordsOf } from '../server.ts';

const STAND_INS = { [OURS]: 'chatcaptain-stub', mockttp: 'mockttp', Prism: 'prism' };
/** The first is the cold one, the next come as in a small suite, and those behind them when everything is warm. */
const LIVES = { cold: 1, second: 20, warm: 40 };
export const FIRST = 'first: import to first 201';
export const SECOND_ON = 'second to 20th: start to first 201';
export const WARM = '21st to 40th: start to first 201';

const file = fileURLToPath(new URL('../own-process.ts', import.meta.url));

export const startStub: Part = {
  name: 'start-stub',
  title: 'A stand-in in the process of the tests',
  reference: OURS,
  seconds: { full: 75, quick: 8 },
  run,
};

async function run({ quick, figures, say, skip }: Run): Promise<void> {
  const rounds = quick ? 1 : 7;
  for (let round = 1; round <= rounds; round++) {
    for (const [index, [who, name]] of Object.entries(STAND_INS).entries()) {
      say((round - 1 + index / 3) / rounds, `process ${round} of ${rounds}: ${who}`);
      const command = [process.execPath, file, name, String(LIVES.warm)];
      const child = runProcess(ALL_CORES, command, undefined, 'pipe');
      const [said, [code]] = await Promise.all([text(child.stdout as NodeJS.ReadableStream), once(child, 'exit')]);
      if (code !== 0) {
        skip(who, `exit code ${code}: ${wordsOf(child)}`);
        continue;
      }
      const { imported, lives } = JSON.parse(said) as { imported: number; lives: Record<string, number>[] };
      const middle = (from: number, to: number, what: string) =>
        median(lives.slice(from, to).map((life) => life[what] as number));
      const first = imported + middle(0, LIVES.cold, 'start to first 201');
      figures.add(who, FIRST, 'ms', first);
      figures.add(who, SECOND_ON, 'ms', middle(LIVES.cold, LIVES.second, 'start to first 201'));
      figures.add(who, WARM, 'ms', middle(LIVES.second, LIVES.warm, 'start to first 201'));
      figures.add(who, '21st to 40th: close', 'ms', middle(LIVES.second, LIVES.warm, 'close'));
    }
  }
}
