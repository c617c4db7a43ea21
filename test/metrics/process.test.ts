import { syncBuiltinESMExports } from 'node:module';
import hooks from 'node:perf_hooks';
import t from 'tap';
import { startStub } from '../../src/index.ts';
import { packageVersion } from '../../src/package-root.ts';
import { startTestStub } from '../support/stub.ts';
import { scrape } from './exposition.ts';

const lag = (kind: string) => `nodejs_eventloop_lag_${kind}_seconds`;
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

t.test('the delay of the event loop is that since the last scrape', async (t) => {
  const stub = await startTestStub(t, { metrics: 'on' });
  await scrape(stub);
  await sleep(50);
  block(300);
  await sleep(50);
  const { value } = await scrape(stub);
  t.ok(value(lag('max')) >= 0.28 && value(lag('max')) < 5, `${value(lag('max'))} s`);
  t.ok(value(lag('p50')) < 0.28, `half of the looks were in time: ${value(lag('p50'))} s`);
  t.ok(value(lag('p50')) <= value(lag('p90')) && value(lag('p90')) <= value(lag('p99')));
  t.ok(value(lag('p99')) <= value(lag('max')));
  let longest = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 20 && longest >= 0.28; tries++) {
    await sleep(50);
    longest = (await scrape(stub)).value(lag('max'));
  }
  t.ok(longest < 0.28, `what is told is forgotten: ${longest} s`);
});

t.test('where nothing has been looked at since, there is no number', async (t) => {
  const stub = await startTestStub(t, { metrics: 'on' });
  let count = 0;
  // Two scrapes that follow each other within the distance of two looks.
  for (; count < 1000; count++) {
    await scrape(stub);
    const { samples } = await scrape(stub);
    if (!samples.has(lag('max'))) {
      t.notOk(samples.has(lag('p50')));
      return;
    }
  }
  t.fail('every scrape had one');
});

t.test('the process under the names that dashboards know', async (t) => {
  const stub = await startTestStub(t, { metrics: 'on' });
  const { value } = await scrape(stub);
  t.ok(value('process_resident_memory_bytes') > 20e6);
  t.ok(value('nodejs_heap_size_total_bytes') >= value('nodejs_heap_size_used_bytes'));
  t.ok(value('nodejs_heap_size_used_bytes') > 5e6);
  t.ok(value('process_open_fds') > 3);
  t.ok(value('process_max_fds') > value('process_open_fds'));
  t.ok(Math.abs(value('process_start_time_seconds') - (Date.now() / 1000 - process.uptime())) < 5);
  const [user, system, both] = ['user_', 'system_', ''].map((kind) => value(`process_cpu_${kind}seconds_total`));
  t.ok(Math.abs((user as number) + (system as number) - (both as number)) < 0.5);
  const used = process.cpuUsage();
  while (process.cpuUsage(used).user < 100_000);
  const more = (await scrape(stub)).value('process_cpu_seconds_total') - (both as number);
  t.ok(more >= 0.1 && more < 20, `${more} s more`);
});

t.test('what runs', async (t) => {
  const stub = await startTestStub(t, { metrics: 'on' });
  const { samples } = await scrape(stub);
  const [key = ''] = [...samples.keys()].filter((key) => key.startsWith('chatcaptain_stub_build_info'));
  t.equal(samples.get(key), 1);
  const [, node, sqlite, version] = /^\w+\{node="(.+)",sqlite="(.+)",version="(.+)"\}$/.exec(key) ?? [];
  t.same([node, version], [process.versions.node, packageVersion()]);
  t.match(sqlite, /^3\.\d+\.\d+$/);
});

t.test('the monitor of the event loop ends with the stub, and there is none without metrics', async (t) => {
  const original = hooks.monitorEventLoopDelay;
  const monitors: ReturnType<typeof original>[] = [];
  hooks.monitorEventLoopDelay = (options) => {
    const monitor = original(options);
    monitors.push(monitor);
    return monitor;
  };
  syncBuiltinESMExports();
  t.teardown(() => {
    hooks.monitorEventLoopDelay = original;
    syncBuiltinESMExports();
  });
  await (await startStub()).close();
  t.equal(monitors.length, 0);
  await (await startStub({ metrics: 'on' })).close();
  t.equal(monitors.length, 1);
  t.equal(monitors[0]?.disable(), false, 'it was ended before');
});
