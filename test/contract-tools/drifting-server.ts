// A server in front of a stub that passes everything on, and changes answers on their way back.
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Drift } from './drifts.ts';

export async function startDriftingServer(stub: string, drift: Drift): Promise<{ url: string; close(): void }> {
  const server = createServer((incoming, reply) => {
    pass(incoming, reply).catch((error: unknown) => reply.destroy(error as Error));
  });

  async function pass(incoming: IncomingMessage, reply: ServerResponse): Promise<void> {
    const { method, url = '', headers } = incoming;
    const outgoing = request(new URL(url, stub), { method, headers, agent: false });
    outgoing.end(await buffer(incoming));
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    const changed = changedBy(drift, url, answer.statusCode as number, await buffer(answer));
    reply.writeHead(changed.status, { ...answer.headers, 'content-length': changed.bytes.length });
    reply.end(changed.bytes);
  }

  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

function changedBy(drift: Drift, url: string, status: number, bytes: Buffer): { status: number; bytes: Buffer } {
  const isIt = drift.of === '/openapi.json' ? url === '/openapi.json' : url.startsWith('/v1/');
  if (!isIt) return { status, bytes };
  const answer = { status, json: JSON.parse(bytes.toString('utf8')) as unknown };
  drift.change(answer);
  return { status: answer.status, bytes: Buffer.from(JSON.stringify(answer.json)) };
}
