// A process that starts, uses and closes stubs, and says what is left of them after the first, and after each quarter:
// node --expose-gc lives.ts [HOW MANY] [METRICS]
import { readdirSync } from 'node:fs';
import { get, request } from 'node:http';
import { startStub } from '../../src/index.ts';

const LIVES = Number(process.argv[2] ?? 200);
const METRICS = process.argv[3] === 'on' ? 'on' : 'off';

/** One request over a socket, as the program under test sends it, on a connection that it would keep. */
function post(url: string, token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', connection: 'keep-alive' };
    const outgoing = request(url, { method: 'POST', headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode as number));
    });
    outgoing.on('error', reject).end('{"name": "Ada", "channelId": "web"}');
  });
}

function scrape(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode as number));
    }).on('error', reject);
  });
}

async function live(): Promise<void> {
  await using stub = await startStub({ metrics: METRICS });
  const { chatbotId, token, waitFor, fault, snapshot, clock } = await stub.chatbot();
  await fault({ delayMs: 1 }, { times: 1 });
  const status = await post(`${stub.url}/v1/inbox/${chatbotId}/conversations`, token);
  if (status !== 201) throw new Error(`status ${status}`);
  await waitFor({ status: 201 });
  await snapshot('one');
  await clock.freeze();
  if (METRICS === 'on' && (await scrape(`${stub.url}/metrics`)) !== 200) throw new Error('no metrics');
  // One that is still waited for when the stub closes.
  waitFor({ status: 500 }, { timeoutMs: 60_000 }).catch(() => {});
}

function left() {
  // Before the collection, which leaves work of its own.
  const resources = process.getActiveResourcesInfo();
  (globalThis.gc as () => void)();
  return {
    // Those of sockets, timers, files, watchers and threads.
    resources,
    files: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
    listeners: [process, process.stdout, process.stderr].map((emitter) =>
      emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0),
    ),
    heap: process.memoryUsage().heapUsed,
  };
}

/** What was closed needs a turn or two of the event loop to be gone. */
async function rest(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 50));
}

const found = [];
for (let count = 1; count <= LIVES; count++) {
  await live();
  if (count !== 1 && count % (LIVES / 4) !== 0) continue;
  await rest();
  found.push(left());
}
// Nothing ends this process: it leaves when nothing keeps it.
process.stdout.write(JSON.stringify(found));
