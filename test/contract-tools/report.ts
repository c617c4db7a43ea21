// The gate's result as it stands in the documentation: nothing in there changes from run to run.
import { readFileSync, writeFileSync } from 'node:fs';
import type { Drift } from './drifts.ts';
import { type Outcome, type Tool, versionOf } from './tool.ts';

/** The page that holds the result, between two marks. */
const PAGE = new URL('../../docs/contract.md', import.meta.url);
const MARKS = /(?<=^<!-- gate -->\n).*(?=^<!-- \/gate -->$)/ms;

/** What the tools made of a drift. */
export interface Seen {
  drift: Drift;
  caught: Tool[];
  missed: Tool[];
}

/** @param outcomes of tools that have nothing to complain about */
export function tablesOf(outcomes: ReadonlyMap<Tool, Outcome>, seen: readonly Seen[]): string {
  const checked = [...outcomes].map(([tool, { checked, result }]) => {
    const version = tool.package === undefined ? 'of this repository' : versionOf(tool.package);
    return [tool.name, version, checked, result];
  });
  const drifts = seen.map(({ drift, caught, missed }) => {
    return [`${drift.name}: ${drift.words}`, namesOf(caught), namesOf(missed)];
  });
  return `
${table(['tool', 'version', 'what it checked', 'result'], checked)}

${table(['drift', 'caught by', 'looked, and did not see it'], drifts)}

`;
}

export const namesOf = (tools: readonly Tool[]): string => tools.map(({ name }) => name).join('; ') || 'none';

/** Whether the page says the same. */
export function standsInPage(tables: string): boolean {
  return MARKS.exec(readFileSync(PAGE, 'utf8'))?.[0] === tables;
}

export function writeIntoPage(tables: string): void {
  const page = readFileSync(PAGE, 'utf8');
  if (!MARKS.test(page))
    throw new Error(`${PAGE.pathname} has no <!-- gate --> and <!-- /gate -->, each in a line of its own.`);
  writeFileSync(
    PAGE,
    page.replace(MARKS, () => tables),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
