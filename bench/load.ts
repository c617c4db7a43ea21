// The load: wrk, a process of its own, on the core that the server has not got.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TOKEN } from './contestants.ts';
import { CLIENT_CORE, pinned } from './machine.ts';
import { BODY, PATH, post, type Server } from './server.ts';

const script = fileURLToPath(new URL('./wrk.lua', import.meta.url));

export interface Load {
  connections: number;
  seconds: number;
  /** As fast as the answers come, unless a rate is given, in requests a second. */
  rate?: number;
  /** To so many chatbots in turn, chatbot-0 and on, in the place of one. */
  chatbots?: number;
}

export interface LoadResult {
  requests: number;
  perSecond: number;
  /** In milliseconds. */
  p50: number;
  p99: number;
  p999: number;
}

/** Rejects unless every request was answered, and one before and one behind them 201. */
export async function load(server: Server, { connections, seconds, rate = 0, chatbots }: Load): Promise<LoadResult> {
  await expect201(server);
  const own = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', script, server.url];
  const args = ['--', TOKEN, chatbots === undefined ? 'one' : String(chatbots), String(rate), BODY];
  const [file = '', ...rest] = pinned(CLIENT_CORE, ['wrk', ...own, ...args]);
  const { stdout } = await promisify(execFile)(file, rest);
  const { requests, seconds: took, wrong, ...latency } = JSON.parse(stdout.trim().split('\n').at(-1) as string);
  await expect201(server);
  if (wrong > 0) throw new Error(`${server.name}: ${wrong} of ${requests} requests went wrong`);
  return { requests, perSecond: requests / took, ...latency };
}

async function expect201(server: Server): Promise<void> {
  const { status, body } = await post(`${server.url}${PATH}`);
  if (status !== 201) throw new Error(`${server.name}: ${status} ${body.slice(0, 200)}`);
}
