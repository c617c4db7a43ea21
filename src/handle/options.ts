/** The settings of a stub. Each is what the setting of the same name in the README is; all have defaults. */
export interface StubOptions {
  /** Address to listen on. Default `127.0.0.1`. */
  host?: string;
  /** Port to listen on. Default 0: a free one, which `url` names. */
  port?: number;
  /** SQLite file, or `:memory:`, the default. */
  database?: string;
  /**
   * Whether to wait for a database that cannot be opened yet: its disk is full, read-only or away, or its file damaged.
   * Default `off`: `startStub` rejects.
   */
  waitForDatabase?: 'on' | 'off';
  /** `normal` (default): nothing acknowledged is lost when the process dies. `full`: nor when the power fails. */
  durability?: 'normal' | 'full';
  /** A bearer token that holds every permission on every chatbot. Default: a fresh one, in `token`. */
  token?: string;
  /** What the control plane asks for. Default: nothing on a loopback address, and a fresh one, in `adminToken`, elsewhere. */
  adminToken?: string;
  /** A file or a folder of files, in JSON or YAML, with what there is from the start and after a reset. */
  fixtures?: string;
  /** Whether fixtures are read again when they change. Default `off`. */
  watch?: 'on' | 'off';
  /** Ids, delays and fault decisions follow from it: the same requests, the same outcome. Default: real randomness. */
  seed?: string | number;
  /** How many requests the journal keeps. Default 10000. */
  journalEntries?: number;
  /** How large the requests in the journal may be together, in bytes. Default 67108864. */
  journalBytes?: number;
  /**
   * A server of the contract to which requests to `/v1` are passed through: what they create is created there. Default:
   * none, and the stub calls nobody.
   */
  upstream?: string;
  /** Milliseconds that the upstream has for its whole answer. Default 30000. */
  upstreamTimeout?: number;
  /** Status for a missing or unknown credential. Default 401. */
  unauthenticatedStatus?: 401 | 403;
  /** A file that `verify --record` has made: errors are answered in the shapes that it holds. */
  shapes?: string;
  /** Whether a `Prefer` header may force an answer. Default `on`. */
  prefer?: 'on' | 'off';
  /** Whether `GET /metrics` answers, for Prometheus. Default `off`: nothing is measured. */
  metrics?: 'on' | 'off';
  /** Largest request body in bytes. Default 102400. */
  bodyLimit?: number;
  /** Milliseconds that requests in flight get to finish in `close`. Default 2000. */
  shutdownGrace?: number;
  /** Milliseconds in which `close` still takes requests, while `/readyz` says 503. Default 0. */
  shutdownDelay?: number;
  /** Least severe log line to write. Default `silent`. */
  logLevel?: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** `auto` (default): for people on a terminal, JSON everywhere else. */
  logFormat?: 'auto' | 'json' | 'pretty';
}
