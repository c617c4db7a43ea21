/// <reference lib="esnext.disposable" preserve="true" />
import type { Chatbot, ChatbotScope } from './chatbot.ts';
import type { StubClock } from './clock.ts';
import type { Fault } from './fault.ts';
import type { RecordedRequest, RequestFilter, RequestMatch, WaitOptions } from './recorded-request.ts';
import type { ChatbotOptions, MintedToken, ResetCounts, Snapshot, TokenOptions } from './resources.ts';

/** A stub: one in this process, or one that runs elsewhere. `await using` closes it. */
export interface Stub extends AsyncDisposable {
  /** `http://HOST:PORT` without a slash at the end: the base URL for the program under test. */
  readonly url: string;
  /** Where the control plane is: `url` with `/__admin` behind it. */
  readonly adminUrl: string;
  /**
   * The token of `options.token`, or the one that was made at this start, which is good for every chatbot. Absent when
   * the database held tokens already, and for a stub that runs elsewhere.
   */
  readonly token?: string;
  /** What the control plane asks for as a bearer token; absent where it is open. */
  readonly adminToken?: string;
  /** The time of every chatbot that has none of its own. */
  readonly clock: StubClock;
  /**
   * Makes a chatbot of a test's own: what other tests do on this stub it neither sees nor feels.
   *
   * @example
   * ```ts
   * await using shop = await stub.chatbot({ channels: ['web'] });
   * console.log(shop.channelIds); // [ 'web' ]
   * ```
   * @throws StubError when the id is taken, or an option cannot be used
   */
  chatbot(options?: ChatbotOptions): Promise<Chatbot>;
  /**
   * The same view of a chatbot that is there already, or that somebody else makes. Nothing is sent.
   *
   * @example
   * ```ts
   * const shop = stub.scope('shop');
   * console.log((await shop.conversations()).length); // 0
   * ```
   */
  scope(chatbotId: string): ChatbotScope;
  /**
   * Makes a token that belongs to no chatbot.
   *
   * @example
   * ```ts
   * const { token } = await stub.mintToken({
   *   grants: [{ permission: 'chatbots.inbox.*', resource: 'chatbots/*' }],
   *   expiresIn: 60,
   * });
   * ```
   * @throws StubError when a grant cannot be, or the credential is registered already
   */
  mintToken(options: TokenOptions): Promise<MintedToken>;
  /** Revokes a token, from the next request on. @throws StubError when there is none of this id */
  revokeToken(tokenId: string): Promise<void>;
  /** What the API was asked and what it answered, for every chatbot and for none, oldest first. */
  requests(filter?: RequestFilter): Promise<RecordedRequest[]>;
  /** How many requests match, of those that are answered already. */
  count(match?: RequestMatch): Promise<number>;
  /** Like the chatbot's, for any chatbot and for none. @throws WaitTimeoutError */
  waitFor(match: RequestMatch, options?: WaitOptions): Promise<[RecordedRequest, ...RecordedRequest[]]>;
  /** The faults of every chatbot that no request has met. */
  unfiredFaults(): Promise<Fault[]>;
  /** Saves everything under a name: every chatbot with its conversations, channels, tokens and faults. */
  snapshot(name: string): Promise<Snapshot>;
  /** Puts a saved state of everything in the place of the present one, atomically. Every test on this stub feels it. */
  restore(name: string): Promise<Snapshot>;
  /**
   * Back to the fixtures, for everything. Every test on this stub feels it: a chatbot's own `reset` touches no other.
   */
  reset(): Promise<ResetCounts>;
  /**
   * Of a stub in this process: lets the requests in flight finish, then closes the sockets and the database. One that
   * runs elsewhere runs on. Safe to call twice.
   */
  close(): Promise<void>;
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
