// The first start and the end of a container: started by life.sh. Of several starts the best one counts, since other work
// on the machine makes none faster; all are shown.
import { get } from 'node:http';
import { docker, figure, RUN, run, stateOf, urlOf } from './engine.ts';

const TRIES = 3;
const HEALTHY_WITHIN = 2000;
const STOPPED_WITHIN = 500;

const healthy: number[] = [];
const stopped: number[] = [];
for (let round = 0; round < TRIES; round++) {
  const asked = Date.now();
  await run(RUN, '--user', '12345:0', '--tmpfs', '/data');
  healthy.push((await firstHealthy()) - asked);
  await leaveConnectionsOpen();
  stopped.push(await stop());
  // A machine that is fast enough once need not show it again.
  if (Math.min(...healthy) <= HEALTHY_WITHIN && Math.min(...stopped) <= STOPPED_WITHIN) break;
}

figure(`healthy ${milliseconds(healthy)} after docker run`);
figure(`ended ${milliseconds(stopped)} after docker stop, with a connection open and a stream on another`);
process.exitCode = Math.min(...healthy) <= HEALTHY_WITHIN && Math.min(...stopped) <= STOPPED_WITHIN ? 0 : 1;

/** When the first health check that passed had ended. */
async function firstHealthy(): Promise<number> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const { Status, Health } = await stateOf(RUN);
    const passed = Health?.Log.find(({ ExitCode }) => ExitCode === 0);
    if (Health?.Status === 'healthy' && passed) return Date.parse(passed.End);
    if (Status !== 'running' || Date.now() > deadline) throw new Error(await docker('logs', RUN));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** As a client does that thinks of nothing. */
async function leaveConnectionsOpen(): Promise<void> {
  const url = await urlOf(RUN);
  await (await fetch(`${url}/livez`)).text();
  const log = await docker('logs', RUN);
  const [, token = ''] = /bearer token, which was made for this start.*\n\s+(\S+)/.exec(log) ?? [];
  await new Promise<void>((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    get(`${url}/__admin/requests/stream`, { headers }, (response) => {
      response.on('error', () => {}).resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`the stream is ${response.statusCode}`));
    }).on('error', () => {});
  });
}

/** How long it takes to its end, seen from here. */
async function stop(): Promise<number> {
  const asked = Date.now();
  await docker('stop', RUN);
  const { ExitCode, FinishedAt } = await stateOf(RUN);
  if (ExitCode !== 0) throw new Error(`exit code ${ExitCode}\n${await docker('logs', RUN)}`);
  return Date.parse(FinishedAt) - asked;
}

function milliseconds(values: number[]): string {
  return `${values.map((value) => Math.round(value)).join(', ')} ms`;
}
