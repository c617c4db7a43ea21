// What the journal holds, and how to ask for it, as the control plane's JSON is.

/** One message of a recorded exchange. */
export interface Message {
  /** By name in lower case; credentials are redacted. */
  headers: Record<string, string | string[]>;
  /** A JSON value, where it is one and its media type says so; else text; else base64. Absent when there was none. */
  body?: unknown;
  /** Set when the body is not UTF-8. */
  bodyEncoding?: 'base64';
}

/** One rule of the schema that a request body breaks. */
export interface Violation {
  /** JSON Pointer (RFC 6901) to the place in the body. */
  pointer: string;
  /** The rule, by its keyword in JSON Schema. */
  rule: string;
  expected: string;
  /** What was found there, as JSON text, shortened; absent when nothing was. */
  got?: string;
}

/** One step between a request and its answer. */
export interface Decision {
  /** `routed`, `parsed`, `credential`, `permission`, `validated`, `preference`, `fault`, `channel`, `stored`, `upstream`, `contract` or `sent`. */
  step: string;
  /** `passed`, `refused`, `applied`, `ignored` or `failed`. */
  outcome: string;
  /** Why, in a sentence. */
  detail: string;
  violations?: Violation[];
  /** The token for which the request was let in; stands with `credential`, passed. */
  tokenId?: string;
}

/** Where what was passed through is otherwise than the vendor's document says. */
export interface Drift {
  side: 'request' | 'response';
  /** `status`, `media type`, `header NAME`, or `body` with a JSON Pointer behind it. */
  place: string;
  detail: string;
}

/** What went out to the upstream, and what came back. The bodies are those of the request that it belongs to. */
export interface UpstreamExchange {
  /** Where the request went. */
  url: string;
  /** `null`: no whole answer came. */
  status: number | null;
  /** Until the end of the answer, or until it was given up. */
  durationMs: number;
  request: { headers: Record<string, string | string[]> };
  /** Absent when no answer began. */
  response?: { headers: Record<string, string | string[]> };
  /** Empty: there is no drift, or the document has no such operation. */
  drift: Drift[];
}

/** A request, its answer, and why it was answered so. */
export interface RecordedRequest {
  /** What the answer carried as `x-stub-request-id`. */
  id: string;
  /** When it was answered, by the clock of its chatbot: ISO 8601, UTC. */
  time: string;
  method: string;
  /** As it was sent, percent-encoded, without the query. */
  path: string;
  query?: string;
  /** `null`: the path names none. */
  chatbotId: string | null;
  /** `null`: no answer went out. */
  status: number | null;
  durationMs: number;
  request: Message;
  response: Message;
  /** In the order of the steps. */
  decisions: Decision[];
  /** With the option `upstream`: how the request was passed through. */
  upstream?: UpstreamExchange;
  /** The seed that chance followed. */
  seed?: string;
}

/** Which requests to list. */
export interface RequestFilter {
  method?: string;
  /** A status such as 403, a class such as `4xx`, or `none`: no answer went out. */
  status?: number | string;
  /** The whole path, percent-encoded, without the query. */
  path?: string;
  /** Whether something that was passed through is otherwise than the contract says. */
  drift?: boolean;
  /** Stands in the path, the query, a header, a body or a decision, in upper or lower case. */
  text?: string;
  /** `asc` (default): oldest first. */
  order?: 'asc' | 'desc';
  /** How many at most. Default: all. */
  limit?: number;
}

/** Operators in the place of a value; all of them must be fulfilled. */
export interface Operators {
  /** A regular expression (ECMAScript, with the flag `u`), found anywhere in the text. */
  $regex?: string;
  /** `true`: something is there. `false`: nothing is. */
  $exists?: boolean;
  /** Exactly this JSON value, with nothing beside it. */
  $equals?: unknown;
}

/** What a request must be like. What is not named may be anything. A `RegExp` counts as `{ $regex: … }`. */
export interface RequestMatch {
  method?: string | RegExp | Operators;
  /** As it was sent, percent-encoded, without the query. */
  path?: string | RegExp | Operators;
  /** `null`: the path names none. */
  chatbotId?: string | null | RegExp | Operators;
  /** `null`: no answer went out. */
  status?: number | null | RegExp | Operators;
  /** Whether something that was passed through is otherwise than the contract says. */
  drift?: boolean;
  /** Headers of the request, by name in any case. A credential is `[redacted]`, as in `Bearer [redacted]`. */
  headers?: Record<string, string | RegExp | Operators>;
  /**
   * A part of the request body: of an object the named properties, of an array every element, at any depth; values,
   * regular expressions or operators.
   */
  body?: unknown;
  /** Places in the request body by JSON Pointer (RFC 6901), each with a value, a regular expression or operators. */
  pointers?: Record<string, unknown>;
}

/** How many requests to wait for, and how long. */
export interface WaitOptions {
  /** How many must match. Default 1, at most 1000. */
  count?: number;
  /** Milliseconds to wait at most. Default 1000, at most 60000: shorter than what test runners give a test. */
  timeoutMs?: number;
}

/** One thing about a request that was not as a match has it. */
export interface Mismatch {
  /** `status`, `headers.NAME`, or `body` with a JSON Pointer behind it. */
  field: string;
  expected: unknown;
  /** Absent when nothing is there. */
  actual?: unknown;
}

/** A request that came near to a match. */
export interface NearMiss {
  request: RecordedRequest;
  mismatches: Mismatch[];
}
