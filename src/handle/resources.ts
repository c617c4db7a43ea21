// What the control plane takes and answers, as its JSON is. test/handle/resources.test.ts holds each against the schema.

/** A permission on a resource. */
export interface Grant {
  /** Dotted segments such as `chatbots.inbox.conversations.create`, `chatbots.inbox.*` or `*`. */
  permission: string;
  /** A kind and an id such as `chatbots/ID`, or `chatbots/*` for all. */
  resource: string;
}

/** What a chatbot is made with. Nothing is needed. */
export interface ChatbotOptions {
  /** Its id, as it stands in the URL. Default: a fresh one. */
  id?: string;
  /** The name of its token, as denials show it. Default: the id of the chatbot. */
  name?: string;
  /** The channels that it declares. Without them it takes any `channelId`. */
  channels?: string[];
  /** What its token may do; `resource` is this chatbot when it is left out. Default: everything on this chatbot. */
  grants?: { permission: string; resource?: string }[];
  /** Seconds until its token expires. Default: never. */
  expiresIn?: number;
}

/** What a token is made with. */
export interface TokenOptions {
  /** Shown in lists and in the reason of a refusal. */
  name?: string;
  /** What it may do, and on which chatbot. None: it is a good credential that may do nothing. */
  grants: Grant[];
  /** Seconds until it expires. Default: never. */
  expiresIn?: number;
  /** The credential to register. Default: a fresh one. */
  token?: string;
}

/** A token that was just made, with its credential. */
export interface MintedToken {
  /** By this id it can be revoked. */
  id: string;
  /** The credential. It is in this answer and nowhere else. */
  token: string;
  name: string | null;
  grants: Grant[];
  /** The chatbot that it was made with. */
  chatbotId: string | null;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** ISO 8601, UTC. */
  expiresAt: string | null;
  /** ISO 8601, UTC. */
  revokedAt: string | null;
  state: 'active' | 'expired' | 'revoked';
}

/** A conversation that was stored. */
export interface Conversation {
  /** The `conversationId`. Unique within its chatbot. */
  id: string;
  chatbotId: string;
  channelId: string;
  name: string;
  /** Absent when none was given. */
  email?: string;
  /** Absent when none was given. */
  phone?: string;
  /** ISO 8601, UTC, by the clock of its chatbot. */
  createdAt: string;
}

/** Which conversations to list. */
export interface ConversationFilter {
  /** Only those of this channel. */
  channelId?: string;
  /** Only those with exactly this address. */
  email?: string;
  /** Only those with this text in name, email, phone or an id, in upper or lower case. */
  text?: string;
  /** `asc` (default): oldest first. */
  order?: 'asc' | 'desc';
  /** How many at most. Default: all. */
  limit?: number;
}

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
  /** `routed`, `parsed`, `credential`, `permission`, `validated`, `preference`, `fault`, `channel`, `stored` or `sent`. */
  step: string;
  /** `passed`, `refused`, `applied`, `ignored` or `failed`. */
  outcome: string;
  /** Why, in a sentence. */
  detail: string;
  violations?: Violation[];
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
  /** Headers of the request, by name in any case. Those with credentials hold `[redacted]`. */
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

/** Milliseconds: fixed, or drawn for each request. At most 60000. */
export type Delay =
  | number
  | {
      /** The shortest and the longest. */
      uniform: [shortest: number, longest: number];
    }
  | { lognormal: { median: number; sigma: number } };

/** What a fault does: one of `status`, `error` and `connection`, with or without `delayMs`; or `delayMs` alone. */
export interface FaultEffect {
  /** Answers with this status, 200 to 599, and stores nothing. */
  status?: number;
  /** Beside `status`: a text is sent as it is, anything else as JSON. Without it an error has the body of every error. */
  body?: unknown;
  /** Beside `status`. */
  headers?: Record<string, string>;
  /** Answers 201 with this `error` and without `conversationId`, and stores nothing. */
  error?: string;
  /**
   * Breaks the connection and stores nothing. `reset`: a TCP reset. `empty`: closed without a byte. `truncate`: a 201
   * whose body ends too early. `garbage`: bytes that are no HTTP.
   */
  connection?: 'reset' | 'empty' | 'truncate' | 'garbage';
  /** Waits before the answer; alone, the conversation is stored all the same. */
  delayMs?: Delay;
}

/** What a valid request must say for a fault to mean it. A field that is left out may say anything, or be missing. */
export interface FaultMatch {
  channelId?: string | RegExp | { $regex: string };
  name?: string | RegExp | { $regex: string };
  email?: string | RegExp | { $regex: string };
  phone?: string | RegExp | { $regex: string };
}

/** When a fault fires. */
export interface FaultOptions {
  /** Which requests it means. Default: every one. */
  match?: FaultMatch;
  /** How often it fires at most. Default: as long as it is there. */
  times?: number;
  /** How likely it fires when it could: above 0, up to 1. Default 1. */
  probability?: number;
}

/** A fault as the control plane shows it. */
export interface Fault {
  id: string;
  match: { [Field in keyof FaultMatch | 'chatbotId']?: string | { $regex: string } };
  effect: FaultEffect;
  times?: number;
  probability?: number;
  /** How often it has fired. */
  fired: number;
  /** ISO 8601, UTC. */
  createdAt: string;
}

/** A saved state. */
export interface Snapshot {
  name: string;
  /** `null`: of everything. */
  chatbotId: string | null;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** How many conversations it holds. */
  conversations: number;
}

/** A clock as it is now. */
export interface ClockState {
  /** ISO 8601, UTC. */
  now: string;
  frozen: boolean;
  /** How far it is ahead of the system's clock, in milliseconds. */
  offsetMs: number;
  /** `null`: the time of the server. */
  chatbotId: string | null;
}

/** How many there were of what a reset has deleted. */
export interface ResetCounts {
  conversations: number;
  /** Entries of the journal. */
  requests: number;
  faults: number;
  /** Only where everything was reset. */
  chatbots?: number;
  /** Only where everything was reset. */
  tokens?: number;
  /** Only where everything was reset. */
  snapshots?: number;
}
