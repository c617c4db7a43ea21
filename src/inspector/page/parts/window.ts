// The window of a long list whose rows are all as high: which of them can be seen, and where one has to scroll to.

export interface Window {
  /** How far it is scrolled, and how much of it can be seen, in pixels. */
  top: number;
  size: number;
  /** Of what stays at the top of it. */
  head: number;
  /** Of a row. */
  height: number;
}

/** Rows beyond either edge that are there before they are seen. */
const BEYOND = 12;

/** The indexes of the rows that are to be in the document, in order; `kept` is one of them wherever it is. */
export function indexesIn({ top, size, height }: Window, count: number, kept: number): number[] {
  const first = Math.max(0, Math.min(Math.floor(top / height), count - 1) - BEYOND);
  const end = Math.min(count, Math.ceil((top + size) / height) + BEYOND);
  const indexes = Array.from({ length: Math.max(0, end - first) }, (_, offset) => first + offset);
  if (kept < 0 || kept >= count || (kept >= first && kept < end)) return indexes;
  return kept < first ? [kept, ...indexes] : [...indexes, kept];
}

/** How far to scroll so that a row is in sight, no farther than needed. */
export function topFor({ top, size, head, height }: Window, index: number): number {
  const least = head + (index + 1) * height - size;
  return Math.max(least, Math.min(top, index * height));
}
