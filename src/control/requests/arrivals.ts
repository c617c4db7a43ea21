// How the server knows a request that it sends to itself when that comes in: by its connection, and by nothing that
// stands in the request, which anybody could write.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** What a request is given before it is sent. */
export interface Arrival {
  /** The id that it has in the journal. */
  id: string;
  /** The token as whose holder it comes; without one, its headers say who it is, as with any other. */
  tokenId?: string | undefined;
}

export interface Arrivals {
  /** Announces the one request that is about to be written to this connected socket. Void once that is closed. */
  expect(socket: Socket, arrival: Arrival): void;
  /** The id of a request that was announced, once; `undefined` for every other. */
  idOf(request: IncomingMessage): string | undefined;
  /** The token as whose holder a request comes that `idOf` has known. */
  tokenIdOf(request: IncomingMessage): string | undefined;
}

/** The two ends of a connection, as the one who opened it calls them. No two connections that are open have the same. */
type Ends = Pick<Socket, 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort'>;

function nameOf({ localAddress, localPort, remoteAddress, remotePort }: Ends): string {
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
}

export function createArrivals(): Arrivals {
  const expected = new Map<string, Arrival>();
  const tokenIds = new WeakMap<IncomingMessage, string>();

  return {
    expect(socket, arrival) {
      const name = nameOf(socket);
      expected.set(name, arrival);
      // From then on somebody else's connection may have the same port.
      socket.once('close', () => expected.delete(name));
    },
    idOf(request) {
      // What nearly all are.
      if (expected.size === 0) return undefined;
      const { localAddress, localPort, remoteAddress, remotePort } = request.socket;
      const name = nameOf({
        localAddress: remoteAddress,
        localPort: remotePort,
        remoteAddress: localAddress,
        remotePort: localPort,
      } as Ends);
      const arrival = expected.get(name);
      expected.delete(name);
      if (arrival?.tokenId !== undefined) tokenIds.set(request, arrival.tokenId);
      return arrival?.id;
    },
    tokenIdOf: (request) => tokenIds.get(request),
  };
}
