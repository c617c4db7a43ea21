// What the tests of hostile clients need: the server that they meet, the clients, and a good one beside them.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import type { ConnectionLimits } from '../../../src/connection-limits.ts';
import { type Answer, pathOf, send, VALID } from '../../support/stub.ts';

export interface Held {
  bytes: number;
  sockets: number;
}

export interface Limited {
  url: string;
  /** What the server holds now, after a collection of its garbage. */
  held(): Promise<Held>;
  /** Resolves when the server has no more sockets than before, and gives how much more memory it has, in megabytes. */
  recovers(before: Held): Promise<number>;
  create(headers?: Record<string, string>, body?: string): Promise<Answer>;
}

const SERVER = fileURLToPath(new URL('./limited-server.ts', import.meta.url));

export async function startLimited(
  t: Test,
  limits: Partial<ConnectionLimits>,
  settings: object = {},
): Promise<Limited> {
  const args = [JSON.stringify(limits), JSON.stringify({ database: `${t.testdir()}/stub.sqlite`, ...settings })];
  const child: ChildProcess = fork(SERVER, args, { execArgv: ['--expose-gc'] });
  t.teardown(async () => {
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  });
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];

  async function held(): Promise<Held> {
    child.send('how much?');
    const [answer] = (await once(child, 'message')) as [Held];
    return answer;
  }

  const create: Limited['create'] = (headers = {}, body = BODY) =>
    send(url, {
      path: pathOf('good'),
      headers: { authorization: 'Bearer test-token', 'content-type': 'application/json', ...headers },
      body,
    });

  return {
    url,
    held,
    create,
    async recovers(before) {
      const deadline = Date.now() + 30_000;
      for (;;) {
        // Who follows the journal is written to, and it is seen whether anybody is there.
        await create();
        const now = await held();
        const isBack = now.sockets <= before.sockets;
        if (isBack) return (now.bytes - before.bytes) / 1024 / 1024;
        if (Date.now() > deadline) throw new Error(`${now.sockets} sockets are open, ${before.sockets} were`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  };
}

/**
 * Creates conversations, one after the other, until the others are done. They all succeed, and in about the usual time:
 * the limit is far above it, since others use the machine, too.
 */
export async function servesMeanwhile<T>(t: Test, { create }: Limited, others: Promise<T>): Promise<T> {
  let isOver = false;
  const done = others.finally(() => {
    isOver = true;
  });
  const times: number[] = [];
  const statuses = new Set<number>();
  while (!isOver) {
    const since = performance.now();
    statuses.add((await create()).status);
    times.push(performance.now() - since);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  t.same([...statuses], [201], 'the good client is served');
  const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] as number;
  t.ok(median < 1500, `in the usual time: ${median.toFixed(1)} ms is the median of ${times.length}`);
  return done;
}

/** Resolves when a request is answered in half a second: the server has done with what had come when it stopped reading. */
export async function calms({ create }: Limited): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; ) {
    const since = performance.now();
    await create();
    if (performance.now() - since < 500) return;
    if (Date.now() > deadline) throw new Error('it is busy without an end');
  }
}

/** Connections of which what comes is not read unless somebody does. */
export async function open({ url }: { url: string }, count: number): Promise<Socket[]> {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: count }, () =>
    connect({ port: Number(port), host: hostname, allowHalfOpen: true }),
  );
  for (const socket of sockets) socket.on('error', () => {});
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  return sockets;
}

/** Resolves with what came on a connection until the server closed it. */
export function untilClosed(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('end', () => socket.end());
  return new Promise((resolve) => socket.once('close', () => resolve(Buffer.concat(chunks).toString('latin1'))));
}

/** The head of a create, up to and without the framing of its body. */
export const HEAD = [
  `POST ${pathOf('bad')} HTTP/1.1`,
  'host: x',
  'authorization: Bearer test-token',
  'content-type: application/json',
  '',
].join('\r\n');

export const BODY = JSON.stringify(VALID);
export const WHOLE = `${HEAD}content-length: ${BODY.length}\r\n\r\n${BODY}`;
