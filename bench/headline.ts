// The few figures that the README shows, as a table and as a chart.
import { OURS, OURS_FULL } from './contestants.ts';
import type { Figure, Results } from './figures.ts';
import { FIRST_201 } from './parts/cold-start.ts';
import { IDLE } from './parts/memory.ts';
import { FIRST, SECOND_ON } from './parts/start-stub.ts';

export interface Headline {
  title: string;
  part: string;
  what: string;
  /** Ours, which has a name of its own where it is not as it is by default. */
  ours: string;
  better: 'less' | 'more';
}

export const PEER_NAMES = ['Prism', 'Mockoon', 'json-server', 'WireMock', 'mockttp'];

export const HEADLINES: Headline[] = [
  { title: 'from the command to the first 201', part: 'cold-start', what: FIRST_201, ours: OURS, better: 'less' },
  { title: 'in a test, first start, with the import', part: 'start-stub', what: FIRST, ours: OURS, better: 'less' },
  {
    title: 'in a test, each further start',
    part: 'start-stub',
    what: SECOND_ON,
    ours: OURS,
    better: 'less',
  },
  { title: 'created a second, 32 connections', part: 'throughput', what: '32 connections', ours: OURS, better: 'more' },
  {
    title: 'the same with `full` durability',
    part: 'throughput',
    what: '32 connections',
    ours: OURS_FULL,
    better: 'more',
  },
  { title: 'p99 at that load', part: 'throughput', what: '32 connections, p99', ours: OURS, better: 'less' },
  { title: 'memory, idle', part: 'memory', what: IDLE, ours: OURS, better: 'less' },
];

export function headlineFigure(results: Results, { part, what }: Headline, who: string): Figure | undefined {
  return results[part]?.figures[who]?.[what];
}
