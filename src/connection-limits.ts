/** How long a connection may take for what, and how much may be under way on it. Tests give others. */
export interface ConnectionLimits {
  /** How long the head of a request may take, in milliseconds; also how long nothing may come on a new connection. */
  head: number;
  /** How long a request may take with its body, in milliseconds. */
  request: number;
  /** How long a connection waits for its next request, in milliseconds. */
  keepAlive: number;
  /** How long nothing may come or be taken while a request is under way, in milliseconds. */
  quiet: number;
  /** How often the first two are looked at, in milliseconds. */
  check: number;
  /** How many requests may be under way before no more of them are read. */
  underWay: number;
}

const MINUTE = 60_000;

export const CONNECTION_LIMITS: ConnectionLimits = {
  // Node's defaults. Fastify would let a body take for ever.
  head: MINUTE,
  request: 5 * MINUTE,
  check: MINUTE / 2,
  // Fastify's default.
  keepAlive: 72_000,
  // Longer than everything that is asked to wait: a replay, or a delay by Prefer and one by a fault, are over in two
  // minutes. Who takes nothing of an answer for so long will take no more of it.
  quiet: 5 * MINUTE,
  // Programs that send on without waiting for answers have some ten of them on their way.
  underWay: 100,
};
