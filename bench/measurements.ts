// What the benchmarks share: each is a process that collects times, says on a terminal how far it is, and ends with a
// table.

/** What was measured, by what it is about, in the order of the table. */
export const times = new Map<string, number[]>();

export function add(what: string, time: number): void {
  const all = times.get(what) ?? [];
  times.set(what, all);
  all.push(time);
}

export async function measure(what: string, work: () => unknown): Promise<void> {
  const start = performance.now();
  await work();
  add(what, performance.now() - start);
}

export function say(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${text}`);
}

/** The middle one; of an even number, the upper of the two. */
function median(sorted: number[]): number {
  return sorted[Math.floor(sorted.length / 2)] as number;
}

/** One line for each that was measured; its ratio is that of its median to the one of `unitOf` it. */
export function report(unitOf: (what: string) => string, digits = 1): void {
  const sorted = new Map([...times].map(([what, all]) => [what, all.toSorted((a, b) => a - b)]));
  const width = Math.max(...[...sorted.keys()].map((what) => what.length));
  const line = (...cells: string[]) => cells.map((cell) => cell.padStart(9)).join('');
  process.stdout.write(`${' '.repeat(width)}${line('min ms', 'median', 'max', 'ratio')}\n`);
  for (const [what, all] of sorted) {
    const unit = median(sorted.get(unitOf(what)) as number[]);
    const figures = [all[0] as number, median(all), all.at(-1) as number].map((time) => time.toFixed(digits));
    process.stdout.write(`${what.padEnd(width)}${line(...figures, (median(all) / unit).toFixed(2))}\n`);
  }
}
