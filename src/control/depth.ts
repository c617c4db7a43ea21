import { below } from '../json-pointer.ts';

/** How many levels of arrays and objects a document may have: what walks through one calls itself at each. */
export const DEEPEST = 500;

/** The pointer to the first place that stands deeper than that, or `undefined`. */
export function placeTooDeep(value: unknown, room = DEEPEST): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const found = room === 0 ? '' : placeTooDeep(member, room - 1);
    if (found !== undefined) return `${below('', name)}${found}`;
  }
  return undefined;
}
