// Who asks: a browser in which somebody has opened an address, or a program.
import { splitOutsideQuotes } from './header-list.ts';

/** How much a media range is wanted, from 0 to 1. What cannot be read counts as not said. */
function qualityOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const [, weight] = /^\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*$/i.exec(parameter) ?? [];
    if (weight !== undefined) return Math.min(Number(weight), 1);
  }
  return 1;
}

/**
 * Whether an `Accept` header (RFC 9110, section 12.5.1) asks for a page rather than for JSON: it names `text/html`, and
 * names nothing that JSON is at least as much, unless that stands behind. Wildcards alone ask for no page: every program
 * sends them.
 */
export function asksForPage(accept: string | undefined): boolean {
  /** By media range, in the order of the header. */
  const wanted = new Map<string, number>();
  for (const part of splitOutsideQuotes(accept ?? '', ',')) {
    const [range = '', ...parameters] = splitOutsideQuotes(part, ';');
    wanted.set(range.trim().toLowerCase(), qualityOf(parameters));
  }
  const html = wanted.get('text/html') ?? 0;
  const range = ['application/json', 'application/*', '*/*'].find((name) => wanted.has(name)) ?? '';
  const json = wanted.get(range) ?? 0;
  if (html === 0 || html < json) return false;
  if (html > json || range !== 'application/json') return true;
  const names = [...wanted.keys()];
  return names.indexOf('text/html') < names.indexOf('application/json');
}
