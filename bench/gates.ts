// What the figures must be, as ratios in one run, or as times: node bench/gates.ts [--check] [--quick] says which are. With --check
// the exit code is 1 when one is missed, or was not measured.
import { BARE, OURS, OURS_FULL, VALIDATING } from './contestants.ts';
import { type Figure, type Results, readable } from './figures.ts';
import { FIRST_201, NOTHING } from './parts/cold-start.ts';
import { COST, LAYOUT_NAMES, who } from './parts/growth.ts';
import { AFTER_A_TENTH, AFTER_ALL, IDLE } from './parts/memory.ts';
import { SECOND_ON } from './parts/start-stub.ts';
import * as state from './parts/state.ts';
import { readResults } from './results.ts';

export interface Gate {
  figure: string;
  /** At most, or at least, this. */
  bound: '≤' | '≥';
  limit: number;
  unit: '×' | 'ms';
  value: number | undefined;
  met: boolean;
}

const STORING_OR_NOT = ['Prism', 'Mockoon', 'json-server', 'WireMock'];

export function gatesOf(results: Results): Gate[] {
  const find = (part: string, who: string, what: string): Figure | undefined => results[part]?.figures[who]?.[what];
  const gates: Gate[] = [];
  const gate = (figure: string, bound: Gate['bound'], limit: number, unit: Gate['unit'], value: number | undefined) => {
    const met = value !== undefined && (bound === '≤' ? value <= limit : value >= limit);
    gates.push({ figure, bound, limit, unit, value, met });
  };
  const ratio = (figure: string, bound: Gate['bound'], limit: number, a?: Figure, b?: Figure) =>
    gate(figure, bound, limit, '×', a && b && a.median / b.median);
  const time = (figure: string, limit: number, found?: Figure) => gate(figure, '≤', limit, 'ms', found?.median);

  const first = (name: string) => find('cold-start', name, FIRST_201);
  ratio("cold start to first 201, to Prism's", '≤', 0.3, first(OURS), first('Prism'));
  ratio(`cold start to first 201, to ${NOTHING}`, '≤', 8, first(OURS), first(NOTHING));

  const second = (name: string) => find('start-stub', name, SECOND_ON);
  time('startStub() to first 201, second one on', 10, second(OURS));
  ratio("startStub() to first 201, second one on, to mockttp's", '≤', 1, second(OURS), second('mockttp'));

  const rate = (name: string) => find('throughput', name, '32 connections');
  for (const peer of STORING_OR_NOT) ratio(`throughput, to ${peer}`, '≥', 5, rate(OURS), rate(peer));
  ratio('throughput, to mockttp', '≥', 1.8, rate(OURS), rate('mockttp'));
  ratio(`throughput, to ${VALIDATING}`, '≥', 0.6, rate(OURS), rate(VALIDATING));
  for (const peer of STORING_OR_NOT) ratio(`throughput, full, to ${peer}`, '≥', 3, rate(OURS_FULL), rate(peer));

  const p99 = (name: string) => find('latency', name, 'p99');
  ratio(`p99 at half of our maximum rate, to ${BARE}`, '≤', 3, p99(OURS), p99(BARE));

  const memory = (name: string, what: string) => find('memory', name, what);
  ratio("idle memory, to Prism's", '≤', 0.55, memory(OURS, IDLE), memory('Prism', IDLE));
  const [tenth, all] = [memory(OURS, AFTER_A_TENTH), memory(OURS, AFTER_ALL)];
  ratio('memory after a million requests, to after 100 thousand', '≤', 1.3, all, tenth);

  for (const layout of LAYOUT_NAMES) {
    const cost = (size: string) => find('growth', who(layout, size), COST);
    const figure = `cost per create at 5 million rows of ${layout}, to at 10 thousand`;
    ratio(figure, '≤', 1.3, cost('5 million'), cost('10 thousand'));
  }

  const own = (what: string) => find('state', OURS, what);
  time(state.RESET_FEW, 2, own(state.RESET_FEW));
  time(state.RESET_MANY, 10, own(state.RESET_MANY));
  time(state.SNAPSHOT_NEW, 15, own(state.SNAPSHOT_NEW));
  time(state.SNAPSHOT_AGAIN, 15, own(state.SNAPSHOT_AGAIN));
  time(state.RESTORE_FEW, 15, own(state.RESTORE_FEW));
  time(state.RESTORE_ALL, 30, own(state.RESTORE_ALL));
  return gates;
}

export function gateTable(gates: Gate[]): string {
  const width = Math.max(...gates.map(({ figure }) => figure.length)) + 2;
  const lines = gates.map(({ figure, bound, limit, unit, value, met }) => {
    const found = value === undefined ? 'not measured' : `${readable(value)} ${unit}`;
    return `  ${figure.padEnd(width)}${found.padStart(14)}${`${bound} ${limit} ${unit}`.padStart(12)}   ${met ? 'met' : 'MISSED'}`;
  });
  const missed = gates.filter(({ met }) => !met).length;
  return ['\nGates', ...lines, `  ${gates.length - missed} met, ${missed} missed`].join('\n');
}

if (import.meta.main) {
  const gates = gatesOf(readResults(process.argv.includes('--quick')));
  process.stdout.write(`${gateTable(gates)}\n`);
  if (process.argv.includes('--check') && gates.some(({ met }) => !met)) process.exitCode = 1;
}
