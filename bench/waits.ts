// From a request to the answer of the wait for it, while others wait, too.
import { call, timed } from './admin.ts';
import { BODY, HEADERS, type Server } from './server.ts';

/** The others wait for chatbots that nobody asks. */
export function waitFor(server: Server, others: number, round: number): Promise<number> {
  const chatbotId = `waited-for-${round}`;
  const body = JSON.parse(BODY);
  return measure(server, others, (index) => ({ chatbotId: `nobody-${index}` }), { chatbotId }, chatbotId, body);
}

/** All of them look for it in a full journal: none names a chatbot. */
export function waitInFullJournal(server: Server, others: number, round: number): Promise<number> {
  const body = { name: `past-${round}`, channelId: 'web' };
  const match = (name: string) => ({ body: { name } });
  return measure(server, others, (index) => match(`nobody-${index}`), match(body.name), 'past', body);
}

async function measure(
  server: Server,
  others: number,
  matchOf: (index: number) => object,
  mine: object,
  chatbotId: string,
  body: object,
): Promise<number> {
  const gone = new AbortController();
  const waiting = Array.from({ length: others }, (_, index) =>
    send(server, '/__admin/requests/wait', { match: matchOf(index), timeoutMs: 60_000 }, gone.signal).catch(() => {}),
  );
  const wait = send(server, '/__admin/requests/wait', { match: mine, timeoutMs: 60_000 });
  // The next answer on any connection comes after the server has read what was sent before.
  await call(server, 'GET', '/clock');
  const took = await timed(() => Promise.all([send(server, `/v1/inbox/${chatbotId}/conversations`, body), wait]));
  gone.abort();
  await Promise.all(waiting);
  await call(server, 'GET', '/clock');
  return took;
}

async function send(server: Server, target: string, body: object, signal?: AbortSignal): Promise<void> {
  const text = JSON.stringify(body);
  const request = { method: 'POST', headers: HEADERS, body: text, ...(signal && { signal }) };
  const response = await fetch(`${server.url}${target}`, request);
  const answer = await response.text();
  if (!response.ok) throw new Error(`POST ${target}: ${response.status} ${answer}`);
}
