// How far a run is: on a terminal one line that changes, elsewhere a line when something new has begun.
const began = performance.now();
let lastSaid = Number.NEGATIVE_INFINITY;

/** `rest`: the seconds that are left, as far as that is known. */
export function say(text: string, rest: number): void {
  const line = `[${minutes((performance.now() - began) / 1000)}, about ${minutes(rest)} left] ${text}`;
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${line.slice(0, process.stdout.columns - 1)}`);
  else if (performance.now() - lastSaid > 5000) {
    lastSaid = performance.now();
    process.stdout.write(`${line}\n`);
  }
}

/** A line that stays. */
export function print(text = ''): void {
  if (process.stdout.isTTY) process.stdout.write('\r\u001b[K');
  process.stdout.write(`${text}\n`);
}

function minutes(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
}
