// Numbers and durations as people say them.
const NUMBER = new Intl.NumberFormat('en');

/** "1 fault", "10,000 faults", "2 journal entries". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${NUMBER.format(count)} ${count === 1 ? one : many}`;
}

/** "a", "a and b", "a, b and c". */
export function listed(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** In milliseconds, the longest first. */
const UNITS = [
  ['year', 365 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

export type Unit = 'second' | 'minute' | 'hour' | 'day';

export const UNIT_NAMES: readonly Unit[] = ['second', 'minute', 'hour', 'day'];

/** So many of a unit, in milliseconds. */
export function inMilliseconds(amount: number, unit: Unit): number {
  const [, length] = UNITS.find(([name]) => name === unit) as (typeof UNITS)[number];
  return Math.round(amount * length);
}

/** The two largest units of a duration: "1 day 2 hours", "90 ms". */
export function durationInWords(ms: number): string {
  const whole = Math.abs(ms);
  const first = UNITS.findIndex(([, length]) => whole >= length);
  if (first < 0) return `${Math.round(whole)} ms`;
  let rest = whole;
  return UNITS.slice(first, first + 2)
    .flatMap(([name, length]) => {
      const count = Math.floor(rest / length);
      rest -= count * length;
      return count === 0 ? [] : [counted(count, name)];
    })
    .join(' ');
}
