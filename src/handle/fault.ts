// What breaks requests on purpose, as the control plane's JSON is.

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

/** A fault that was made, until it is removed. */
export interface ActiveFault extends Omit<Fault, 'fired'> {
  /**
   * How often it has fired.
   *
   * @example
   * ```ts
   * const fault = await chatbot.fault({ error: 'The channel is full.' });
   * await createConversation({ name: 'Ada' });
   * console.log(await fault.timesFired()); // 1
   * ```
   */
  timesFired(): Promise<number>;
  /** It steps in no more. */
  remove(): Promise<void>;
}
