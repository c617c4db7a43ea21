// A load that fills the journal to its bounds, on the container whose name is given, and what it takes of memory:
// started by memory.sh. The load is bounded; the exit status is 0 when each request was answered as it must be.
import { Agent, type IncomingMessage, request } from 'node:http';
import { docker, figure, urlOf } from './engine.ts';

const [container = ''] = process.argv.slice(2);
const base = await urlOf(container);
const ADMIN = { authorization: 'Bearer admin-of-the-check' };
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
/** As large a body as the default limit takes, nearly. */
const LARGE = 'x'.repeat(95_000);
/** Half of them are large: enough to push the oldest out of the journal, whose bound is 64 MiB. */
const REQUESTS = 1500;

interface Call {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** What it must be answered with. */
  expected: number;
}

const wrong = new Map<string, number>();
let answered = 0;

function open({ method = 'GET', path, headers = {}, body }: Omit<Call, 'expected'>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const call = request(base + path, { method, agent, headers: { ...type, ...headers } }, resolve);
    call.on('error', reject);
    call.end(body);
  });
}

async function textOf(call: Call): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of await open(call)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function ask(call: Call): Promise<void> {
  try {
    const response = await open(call);
    for await (const _ of response);
    answered++;
    if (response.statusCode === call.expected) return;
    note(`${call.path} is ${response.statusCode}, not ${call.expected}`);
  } catch (error) {
    note(`${call.path} fails: ${(error as Error).message}`);
  }
}

function note(problem: string): void {
  wrong.set(problem, (wrong.get(problem) ?? 0) + 1);
}

/** So many calls, so many at a time. */
async function send(count: number, atOnce: number, callOf: (index: number) => Call): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await ask(callOf(next++));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

function create(chatbotId: string, body: unknown, expected: number, token = 'token-of-the-check'): Call {
  return {
    method: 'POST',
    path: `/v1/inbox/${chatbotId}/conversations`,
    headers: { authorization: `Bearer ${token}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    expected,
  };
}

function admin(method: string, path: string, expected: number, body?: unknown): Call {
  return {
    method,
    path: `/__admin${path}`,
    headers: ADMIN,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    expected,
  };
}

const valid = { name: 'John Doe', channelId: 'web', email: 'john.doe@example.com' };

/** What the data plane is sent: each of these in turn. */
const MIX: ((index: number) => Call)[] = [
  (index) => create(`chatbot-${index % 20}`, valid, 201),
  (index) => create('shop', { ...valid, name: `Customer ${index}` }, 201, 'local-token-of-the-shop'),
  (index) => create(`chatbot-${index % 20}`, { ...valid, note: LARGE }, 201),
  (index) => create(`chatbot-${index % 7}`, { ...valid, note: LARGE }, 201),
  (index) => create(`chatbot-${index % 7}`, { name: 'John Doe', note: LARGE }, 400),
  (index) => create(`chatbot-${index % 20}`, { ...valid, name: LARGE }, 201),
  (index) => create(`chatbot-${index % 20}`, '{"name": ', 400),
  (index) => create(`chatbot-${index % 20}`, { ...valid, note: LARGE }, 401, 'nobody'),
  (index) => create(`chatbot-${index % 20}`, valid, 403, 'local-token-of-the-shop'),
  (index) => create(`chatbot-${index % 20}`, { ...valid, note: LARGE + LARGE }, 413),
];

/** Follows the journal until it is told to stop. Returns how many bytes came. */
function follow(): { stop: () => Promise<number> } {
  let bytes = 0;
  const opened = open({ path: '/__admin/requests/stream', headers: ADMIN });
  const ended = opened.then(async (response) => {
    if (response.statusCode !== 200) note(`the stream is ${response.statusCode}`);
    try {
      for await (const chunk of response) bytes += chunk.length;
    } catch {}
  });
  return {
    async stop() {
      (await opened).destroy();
      await ended;
      return bytes;
    },
  };
}

/** What processes of the container hold that is no page cache, in bytes, as long as it is looked at. */
function watchMemory(): { stop: () => Promise<number> } {
  // Whatever the engine's version of cgroups. A loop inside: each look of its own from here would take a second of ours.
  const script = `cd /sys/fs/cgroup; f=memory.stat; n=anon; [ -d memory ] && { f=memory/memory.stat; n=total_rss; }
    most=0
    while [ "$(cat /tmp/stop 2>/dev/null)" = "" ] && kill -0 1; do
      while read -r name bytes; do [ "$name" != $n ] || [ "$bytes" -le $most ] || { most=$bytes; echo $most; }; done <$f
      sleep 0.1
    done`;
  const watching = docker('exec', container, 'timeout', '60', 'sh', '-c', script).catch((error) =>
    String(error.stdout),
  );
  return {
    async stop() {
      await docker('exec', container, 'sh', '-c', 'kill $(pidof timeout)').catch(() => {});
      return Math.max(0, ...(await watching).split('\n').map(Number).filter(Number.isFinite));
    },
  };
}

const memory = watchMemory();
const stream = follow();
const began = performance.now();
await ask(admin('PUT', '/snapshots/before', 201));
await Promise.all([
  send(REQUESTS, 40, (index) => (MIX[index % MIX.length] as (typeof MIX)[number])(index)),
  // Two browsers that look at the page, its largest file included.
  send(30, 2, (index) => ({
    path: ['/docs', '/docs/static/swagger-ui-bundle.js', '/docs/static/swagger-ui.css'][index % 3] as string,
    expected: 200,
  })),
  send(40, 2, () => ({ path: '/openapi.json', expected: 200 })),
  send(8, 1, (index) => admin('PUT', `/snapshots/mine-${index % 4}?chatbotId=chatbot-${index % 20}`, 201)),
  // Those who look: pages of the journal, counts, waits in vain with their near misses.
  send(8, 2, () => admin('GET', '/requests?limit=1000&order=desc', 200)),
  send(4, 1, () => admin('POST', '/requests/count', 200, { match: { body: { name: 'John Doe' } } })),
  send(4, 2, () => admin('POST', '/requests/wait', 408, { match: { body: { name: 'nobody' } }, timeoutMs: 100 })),
]);
const { dropped } = JSON.parse(await textOf(admin('GET', '/requests?limit=1', 200))) as { dropped: number };
if (dropped === 0) note('the journal did not come to its bounds');
await ask(admin('GET', '/requests?format=har', 200));
await ask(admin('POST', '/snapshots/mine-1/restore?chatbotId=chatbot-1', 200));
await ask(admin('POST', '/snapshots/before/restore?all=true', 200));
await ask(admin('POST', '/reset?all=true', 200));
const streamed = await stream.stop();
const most = await memory.stop();
agent.destroy();

const seconds = (performance.now() - began) / 1000;
figure(`${answered} answers in ${seconds.toFixed(1)} s, ${(streamed / 2 ** 20).toFixed(0)} MiB over the stream`);
figure(`${(most / 2 ** 20).toFixed(0)} MiB at most in use, the health checks included, without the page cache`);
for (const [problem, times] of wrong) process.stdout.write(`${times} times: ${problem}\n`);
process.exitCode = wrong.size > 0 || most === 0 ? 1 : 0;
