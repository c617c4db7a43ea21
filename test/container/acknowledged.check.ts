// Whether what was acknowledged is there after the server was stopped (TERM) or killed (KILL) amid requests: started by
// life.sh. What counts as acknowledged is a 201 with its conversationId. Another container then reads the volume.
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { docker, figure, IMAGE, LABEL, RUN, ready, run, stateOf } from './engine.ts';

const [signal = 'TERM'] = process.argv.slice(2);
const REQUESTS = 500;
const AT_ONCE = 25;
/** Whether connections are kept, round by round. */
const ROUNDS = [true, false, true, false];

const volume = `${RUN}-${signal}`;
const acknowledged = new Set<string>();
const problems: string[] = [];
/** How many of the 500 were answered before, and how many from the moment of the signal on. */
const shares: string[] = [];
const ends: number[] = [];

await docker('volume', 'create', '--label', LABEL, volume);
for (const [index, keepAlive] of ROUNDS.entries()) await round(index, keepAlive);

const stored = new Set(await storedIds());
const lost = [...acknowledged].filter((id) => !stored.has(id));
if (lost.length > 0) problems.push(`lost: ${lost.length} of ${acknowledged.size}, as ${lost.slice(0, 5).join(', ')}`);
if (acknowledged.size === 0) problems.push('nothing was acknowledged');
figure(
  `${acknowledged.size} acknowledged, ${stored.size} stored; answered before and after the signal: ${shares.join(', ')}`,
);
if (signal === 'TERM') figure(`ended ${ends.map(Math.round).join(', ')} ms after docker stop`);
process.stdout.write(problems.map((problem) => `${problem}\n`).join(''));
process.exitCode = problems.length > 0 ? 1 : 0;

async function round(index: number, keepAlive: boolean): Promise<void> {
  await run(RUN, '--volume', `${volume}:/data`, '--env', 'STUB_TOKEN=token-of-the-check');
  const url = await ready(RUN);
  const agent = new Agent({ keepAlive, maxSockets: AT_ONCE });
  let [sent, before, after] = [0, 0, 0];
  let isSignalled = false;
  let ending: Promise<unknown> | undefined;
  const worker = async (): Promise<void> => {
    while (sent < REQUESTS) {
      const number = sent++;
      // Sooner in one round, later in the next.
      if (number === 50 + index * 75) {
        const asked = Date.now();
        ending = end().then(async () => ends.push(Date.parse((await stateOf(RUN)).FinishedAt) - asked));
        isSignalled = true;
      }
      const isAnswered = await create(url, agent, number);
      // One that is refused is so at once, and the next ones would be.
      if (!isAnswered) await sleep(5);
      else if (isSignalled) after++;
      else before++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  await ending;
  agent.destroy();
  const { ExitCode } = await stateOf(RUN);
  const expected = signal === 'TERM' ? 0 : 137;
  if (ExitCode !== expected) problems.push(`exit code ${ExitCode}, not ${expected}:\n${await docker('logs', RUN)}`);
  if (before + after === REQUESTS) problems.push('the signal came too late: each request was answered');
  shares.push(`${before} + ${after}`);
}

async function end(): Promise<void> {
  await docker(...(signal === 'TERM' ? ['stop', RUN] : ['kill', '--signal', signal, RUN]));
  if (signal !== 'TERM') await docker('wait', RUN);
}

/** Whether it was acknowledged. A connection that fails is none of our business, another answer than 201 is. */
function create(url: string, agent: Agent, number: number): Promise<boolean> {
  return new Promise((resolve) => {
    const headers: Record<string, string> = {
      authorization: 'Bearer token-of-the-check',
      'content-type': 'application/json',
      // Some are under way when the signal comes.
      ...(number % 2 === 0 && { prefer: `delay=${(number % 5) * 10}` }),
    };
    const call = request(`${url}/v1/inbox/shop/conversations`, { method: 'POST', agent, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (body += chunk));
      response.on('error', () => resolve(false));
      response.on('end', () => {
        if (!response.complete) return resolve(false);
        const { conversationId } = JSON.parse(body) as { conversationId?: string };
        if (response.statusCode === 201 && conversationId !== undefined) acknowledged.add(conversationId);
        else problems.push(`${response.statusCode}: ${body}`);
        resolve(true);
      });
    });
    call.on('error', () => resolve(false));
    call.end(JSON.stringify({ name: `Customer ${number}`, channelId: 'web' }));
  });
}

async function storedIds(): Promise<string[]> {
  const script = `const db = require('better-sqlite3')(process.env.STUB_DATABASE, { readonly: true });
    console.log(db.prepare('SELECT id FROM conversations').pluck().all().join('\\n'));`;
  const user = (await docker('inspect', '--format', '{{.Config.User}}', RUN)).trim();
  const options = ['--rm', '--user', user, '--volume', `${volume}:/data`, '--entrypoint', 'node'];
  return (await docker('run', ...options, IMAGE, '-e', script)).trim().split('\n');
}
