// The process as a whole, under the names that dashboards know.
import { readdirSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Database } from 'better-sqlite3';
import { Gauge, type Registry } from 'prom-client';
import { packageVersion } from '../package-root.ts';
import type { Scraped } from './scraped.ts';

/** How often the event loop is looked at, in milliseconds. */
const RESOLUTION = 10;

const MILLISECONDS = 1e-3;
const MICROSECONDS = 1e-6;
const NANOSECONDS = 1e-9;

/**
 * The library could collect these by itself, but for the whole life of the process: its monitor of the event loop and its
 * observer of the garbage collector cannot be ended. Returns what ends ours.
 */
export function measureProcess(registry: Registry, scraped: Scraped, db: Database): () => void {
  const { gauge, counter } = scraped;
  const stop = measureEventLoop(scraped);

  gauge('process_resident_memory_bytes', 'Memory that the process holds.', () => process.memoryUsage.rss());
  gauge('nodejs_heap_size_total_bytes', 'Memory that V8 holds for JavaScript.', () => process.memoryUsage().heapTotal);
  gauge(
    'nodejs_heap_size_used_bytes',
    'Memory that JavaScript uses. Rising for hours under the same load: a leak.',
    () => process.memoryUsage().heapUsed,
  );
  counter(
    'process_cpu_user_seconds_total',
    'CPU time spent in the process itself.',
    () => process.cpuUsage().user * MICROSECONDS,
  );
  counter(
    'process_cpu_system_seconds_total',
    'CPU time spent by the system for the process.',
    () => process.cpuUsage().system * MICROSECONDS,
  );
  counter(
    'process_cpu_seconds_total',
    'CPU time of both kinds. A rate near 1 is one core, which is all that JavaScript can use.',
    () => {
      const { user, system } = process.cpuUsage();
      return (user + system) * MICROSECONDS;
    },
  );
  gauge(
    'process_start_time_seconds',
    'When the process began, in seconds since 1970. A change is a restart.',
    () => Math.round(performance.timeOrigin) / 1000,
  );
  // Only Linux tells these two. Reading the folder opens one more.
  gauge(
    'process_open_fds',
    'Open files and sockets. Near process_max_fds, connections are refused.',
    () => readdirSync('/proc/self/fd').length - 1,
  );
  gauge('process_max_fds', 'How many may be open.', () =>
    Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]),
  );
  new Gauge({
    name: 'chatcaptain_stub_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['version', 'node', 'sqlite'],
    registers: [registry],
  }).set({ version: packageVersion(), node: process.versions.node, sqlite: sqliteVersion(db) }, 1);
  return stop;
}

/** How late the event loop was since the last scrape. Returns what ends the monitor. */
function measureEventLoop({ gauge }: Scraped): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  // What it records is the time between two looks; what is beyond their distance is delay.
  const beyond = (time: number): number =>
    delay.count === 0 ? Number.NaN : Math.max(0, time * NANOSECONDS - RESOLUTION * MILLISECONDS);
  for (const share of [50, 90, 99]) {
    const help = `Delay of the event loop that ${share} % of the looks since the last scrape did not exceed.`;
    gauge(`nodejs_eventloop_lag_p${share}_seconds`, help, () => beyond(delay.percentile(share)));
  }
  const help = 'Longest delay of the event loop since the last scrape: for so long, nobody was answered.';
  gauge('nodejs_eventloop_lag_max_seconds', help, () => {
    const longest = beyond(delay.max);
    // Numbers are read in the order of their registration, and this is the last of the four.
    delay.reset();
    return longest;
  });
  return () => delay.disable();
}

function sqliteVersion(db: Database): string {
  return db.prepare<[], string>('SELECT sqlite_version()').pluck().get() as string;
}
