import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Start, Target } from './stand-ins/stand-in.ts';

/** What a test suite does with a stand-in, from its start to its end: how long each part took, in milliseconds. */
export async function live(start: Start) {
  const began = performance.now();
  const started = await start();
  const listening = performance.now();
  await createConversation(await started.prepare());
  const created = performance.now();
  await started.close();
  return { start: listening - began, 'start to first 201': created - began, close: performance.now() - created };
}

/** A request over a connection of its own that nobody keeps. Rejects unless it is answered 201. */
async function createConversation({ url, headers }: Target): Promise<void> {
  const request = http.request(url, {
    method: 'POST',
    agent: false,
    headers: { ...headers, 'content-type': 'application/json' },
  });
  request.end(JSON.stringify({ name: 'John Doe', channelId: 'web' }));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const answer = await text(response);
  if (response.statusCode !== 201) throw new Error(`POST ${url}: ${response.statusCode} ${answer}`);
}
