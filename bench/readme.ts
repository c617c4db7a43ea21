// The README's figures, which are those of results.json: node bench/readme.ts writes them between its two markers, with
// --check it says whether they are there.
import { readFileSync, writeFileSync } from 'node:fs';
import { BARE, OURS, VALIDATING } from './contestants.ts';
import { type Figure, type Results, readable } from './figures.ts';
import { HEADLINES, headlineFigure, PEER_NAMES } from './headline.ts';
import { FIRST_201, NOTHING } from './parts/cold-start.ts';
import { COST, LAYOUT_NAMES, who } from './parts/growth.ts';
import { AFTER_A_TENTH, AFTER_ALL } from './parts/memory.ts';
import * as state from './parts/state.ts';
import { readResults } from './results.ts';

const file = new URL('../README.md', import.meta.url);
const [BEGIN, END] = ['<!-- figures: node bench/readme.ts -->\n', '<!-- end of figures -->\n'];

export function writeReadme(results: Results): void {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, withFigures(text, results));
}

function withFigures(readme: string, results: Results): string {
  const [before, rest] = readme.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`README.md lacks ${BEGIN.trim()} or ${END.trim()}`);
  return `${before}${BEGIN}\n${sectionOf(results)}\n${END}${after}`;
}

function sectionOf(results: Results): string {
  return `${tableOf(results)}\n\n${besidesOf(results)}\n\n${originOf(results)}`;
}

function tableOf(results: Results): string {
  const rows = HEADLINES.map((headline) => {
    const own = headlineFigure(results, headline, headline.ours);
    const peers = PEER_NAMES.map((peer) => {
      const figure = headlineFigure(results, headline, peer);
      if (!figure) return '–';
      return own ? `${inWords(figure)} (${ratio(figure, own)})` : inWords(figure);
    });
    return [headline.title, own ? `**${inWords(own)}**` : '–', ...peers];
  });
  const lines = [['', OURS, ...PEER_NAMES], Array(PEER_NAMES.length + 2).fill('---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function besidesOf(results: Results): string {
  const find = (part: string, who: string, what: string) => results[part]?.figures[who]?.[what];
  const own = (what: string) => inWords(find('state', OURS, what));
  const against = (figure?: Figure, unit?: Figure) => (figure && unit ? ratio(figure, unit) : '–');
  const rate = (who: string) => find('throughput', who, '32 connections');
  const memory = (what: string) => find('memory', OURS, what);
  const grown = LAYOUT_NAMES.map((layout) => {
    const cost = (size: string) => find('growth', who(layout, size), COST);
    return `${against(cost('5 million'), cost('10 thousand'))} (${layout})`;
  });
  return [
    `- Beside what is possible at all: ${against(rate(OURS), rate(VALIDATING))} the requests a second of a bare Fastify that checks the same schema,`,
    `  ${against(find('cold-start', OURS, FIRST_201), find('cold-start', NOTHING, FIRST_201))} the start of \`${NOTHING}\`; at half of its own maximum rate a p99 of ${inWords(find('latency', OURS, 'p99'))}, ${against(find('latency', OURS, 'p99'), find('latency', BARE, 'p99'))} that of a bare Fastify.`,
    `- Reset of a chatbot with 100 conversations: ${own(state.RESET_FEW)}, with 10,000: ${own(state.RESET_MANY)}. Of 10,000, a snapshot: ${own(state.SNAPSHOT_NEW)}; its`,
    `  restore when 1 % differ: ${own(state.RESTORE_FEW)}, when all were deleted: ${own(state.RESTORE_ALL)}.`,
    `- With five million conversations one more costs ${grown.join(' and ')} of what it costs with ten thousand. After a million`,
    `  requests ${against(memory(AFTER_ALL), memory(AFTER_A_TENTH))} the memory of after 100 thousand.`,
  ].join('\n');
}

function originOf(results: Results): string {
  const parts = Object.values(results);
  const all = (of: (part: Results[string]) => string) => [...new Set(parts.map(of))].sort().join('; ');
  const { versions = {} } = parts[0] ?? {};
  const named = Object.entries({
    Node: 'node',
    Prism: '@stoplight/prism-cli',
    Mockoon: '@mockoon/cli',
    'json-server': 'json-server',
    WireMock: 'wiremock',
    mockttp: 'mockttp',
    Fastify: 'fastify',
  }).map(([name, key]) => `${name} ${versions[key]}`);
  const quick = parts.some((part) => part.quick)
    ? ' Some of it was one short round, with fewer rows and requests than it says, beside other work: it says little.'
    : '';
  return `Measured ${all(({ date }) => date)} on ${all(({ machine }) => machine)}: ${named.join(', ')}.${quick}`;
}

function ratio(figure: Figure, unit: Figure): string {
  return `${readable(figure.median / unit.median)} ×`;
}

function inWords(figure: Figure | undefined): string {
  if (!figure) return '–';
  return `${readable(figure.median)}${figure.unit === '1/s' ? '' : ` ${figure.unit}`}`;
}

if (import.meta.main) {
  if (!process.argv.includes('--check')) writeReadme(readResults());
  else {
    const text = readFileSync(file, 'utf8');
    if (text !== withFigures(text, readResults())) {
      process.stderr.write('The figures of README.md are not those of bench/results.json: node bench/readme.ts\n');
      process.exitCode = 1;
    }
  }
}
