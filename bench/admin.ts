// Calls of the control plane on a connection that is kept, as a test suite has one.
import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import type { Server } from './server.ts';

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

/** Rejects unless it is answered 2xx. */
export async function call(server: Server, method: string, target: string, body?: unknown): Promise<string> {
  const content = body === undefined ? undefined : JSON.stringify(body);
  const headers = content === undefined ? {} : { 'content-type': 'application/json' };
  const request = http.request(`${server.url}/__admin${target}`, { method, agent, headers });
  request.end(content);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const answer = await text(response);
  if ((response.statusCode as number) >= 300) throw new Error(`${method} ${target}: ${response.statusCode} ${answer}`);
  return answer;
}

/** How long the call takes, in milliseconds: from before it is sent until all of the answer is there. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
