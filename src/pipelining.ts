import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Reads no more from a connection while `most` requests on it wait for their answers. Node itself holds back only those
 * who do not take the answers that there are: requests that are told to wait would come in without an end.
 */
export function holdBackPipelines(door: Server, most: number): void {
  const underWay = new WeakMap<Socket, number>();
  const count = (socket: Socket): number => underWay.get(socket) ?? 0;

  function begin({ socket }: IncomingMessage, response: ServerResponse): void {
    underWay.set(socket, count(socket) + 1);
    if (count(socket) === most) socket.pause();
    response.once('close', () => {
      underWay.set(socket, count(socket) - 1);
      if (count(socket) === most - 1) socket.resume();
    });
  }

  door.on('request', begin);
  door.on('checkExpectation', begin);
  door.on('connection', (socket) => {
    // Whoever reads the body of the last one makes the connection flow again.
    socket.on('resume', () => {
      if (count(socket) >= most) socket.pause();
    });
  });
}
