// What passed between the stub and its upstream for one request.

/** Where the upstream, or its caller, is otherwise than the contract says. */
export interface Drift {
  side: 'request' | 'response';
  /** `status`, `media type`, `header NAME`, or `body` with a JSON Pointer behind it. */
  place: string;
  detail: string;
}

export type HeadersByName = Readonly<Record<string, string | string[]>>;

/** How it went. `left`: the caller did not wait for the end. */
export type ExchangeOutcome = 'answered' | 'failed' | 'timeout' | 'left';

export interface Exchange {
  /** Where the request went, as it was sent; may hold a credential. */
  url: string;
  outcome: ExchangeOutcome;
  /** Absent when no whole answer came, and so are its headers. */
  status?: number;
  /** Until the end of the answer, or until it was given up. In milliseconds. */
  durationMs: number;
  /** As they went out and came in, by name in lower case. */
  requestHeaders: HeadersByName;
  responseHeaders?: HeadersByName;
  /**
   * The body of the answer for a reader: without its content coding, in which a credential would not be found. Absent when it
   * cannot be read.
   */
  responseBody?: Buffer | undefined;
  drift: readonly Drift[];
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once a request has gone out to the upstream. */
    exchange?: Exchange;
  }
}
