import { Counter, Histogram, type Registry } from 'prom-client';
import type { GroupCommit } from '../storage/group-commit.ts';
import type { Scraped } from './scraped.ts';

const WRITES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];

/** In memory a group takes a fraction of a millisecond, on a bad disk, or behind another process's lock, seconds. */
const DURATIONS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export function measureCommits(registry: Registry, scraped: Scraped, groupCommit: GroupCommit): void {
  const registers = [registry];
  const groups = new Counter({
    name: 'chatcaptain_stub_commit_groups_total',
    help: 'Groups of writes by outcome. failed: storage refused the whole group, and each of its requests was answered 503.',
    labelNames: ['outcome'],
    registers,
  });
  // A rate needs a first value before the first failure.
  for (const outcome of ['committed', 'failed']) groups.inc({ outcome }, 0);
  const sizes = new Histogram({
    name: 'chatcaptain_stub_commit_group_writes',
    help: 'Writes that shared one transaction. More per group under load is what keeps the stub fast; always 1 means no load.',
    buckets: WRITES,
    registers,
  });
  const durations = new Histogram({
    name: 'chatcaptain_stub_commit_duration_seconds',
    help: 'Time that a group of writes took, with its wait for the lock of another process. Long: a slow disk, or somebody else writes.',
    buckets: DURATIONS,
    registers,
  });
  scraped.gauge(
    'chatcaptain_stub_commit_queue_writes',
    'Writes that wait to be committed. More than a moment above 0: another process holds the database locked.',
    () => groupCommit.pending(),
  );

  groupCommit.observe(({ writes, failed, durationMs }) => {
    groups.inc({ outcome: failed ? 'failed' : 'committed' });
    sizes.observe(writes);
    durations.observe(durationMs / 1000);
  });
}
