import type { StubClock } from './clock.ts';
import type { ActiveFault, Fault, FaultEffect, FaultOptions } from './fault.ts';
import type { RecordedRequest, RequestFilter, RequestMatch, WaitOptions } from './recorded-request.ts';
import type { Conversation, ConversationFilter, ResetCounts, Snapshot } from './resources.ts';

/** What a test sees and does of one chatbot. Nothing of it is felt by another chatbot's test. */
export interface ChatbotScope {
  readonly chatbotId: string;
  /** The time of this chatbot alone. */
  readonly clock: StubClock;
  /**
   * What the API was asked for this chatbot and what it answered, oldest first; only what is answered already.
   *
   * @example
   * ```ts
   * const refused = await chatbot.requests({ status: '4xx' });
   * console.log(refused.length); // 0
   * ```
   */
  requests(filter?: RequestFilter): Promise<RecordedRequest[]>;
  /** How many requests match, of those that are answered already. */
  count(match?: Omit<RequestMatch, 'chatbotId'>): Promise<number>;
  /**
   * Waits until as many requests match, and resolves with them. Requests of the past count.
   *
   * @example
   * ```ts
   * await createConversation({ name: 'Ada' });
   * const [request] = await chatbot.waitFor({ status: 201, body: { name: /^A/ } });
   * console.log(request.method); // POST
   * ```
   * @throws WaitTimeoutError whose message shows what came nearest, and why it missed
   */
  waitFor(
    match: Omit<RequestMatch, 'chatbotId'>,
    options?: WaitOptions,
  ): Promise<[RecordedRequest, ...RecordedRequest[]]>;
  /**
   * What was stored, oldest first. A conversation is here once its 201 is out.
   *
   * @example
   * ```ts
   * await createConversation({ name: 'Ada' });
   * const [conversation] = await chatbot.conversations();
   * console.log(conversation?.name); // Ada
   * ```
   */
  conversations(filter?: ConversationFilter): Promise<Conversation[]>;
  /**
   * Breaks the next valid requests of this chatbot.
   *
   * @example
   * ```ts
   * await chatbot.fault({ status: 503 }, { times: 1 });
   * const first = await createConversation({ name: 'Ada' });
   * const second = await createConversation({ name: 'Ada' });
   * console.log(first.status, second.status); // 503 201
   * ```
   * @throws StubError naming each part of the effect that cannot be
   */
  fault(effect: FaultEffect, options?: FaultOptions): Promise<ActiveFault>;
  /**
   * The faults of this chatbot that no request has met: a test that made one and never reached it proves nothing.
   *
   * @example
   * ```ts
   * await chatbot.fault({ status: 429 }, { times: 1 });
   * const missed = await chatbot.unfiredFaults();
   * console.log(missed.length); // 1
   * ```
   */
  unfiredFaults(): Promise<Fault[]>;
  /**
   * Saves the state of this chatbot under a name: conversations, channels, its tokens, its faults with their counts.
   * Takes the place of its snapshot that had the name.
   *
   * @example
   * ```ts
   * await chatbot.snapshot('empty');
   * await createConversation({ name: 'Ada' });
   * await chatbot.restore('empty');
   * console.log((await chatbot.conversations()).length); // 0
   * ```
   */
  snapshot(name: string): Promise<Snapshot>;
  /** Puts a saved state of this chatbot in the place of the present one, atomically. The journal stays. */
  restore(name: string): Promise<Snapshot>;
  /**
   * Deletes its conversations, journal entries, faults and clock, and puts in what the fixtures declare. Its channels,
   * tokens and snapshots stay.
   */
  reset(): Promise<ResetCounts>;
  /** Takes it away with everything that belongs to it, its token included. Safe to call twice. */
  remove(): Promise<void>;
}

/** A chatbot that was made for a test, with a token for it. `await using` removes it. */
export interface Chatbot extends ChatbotScope, AsyncDisposable {
  /** Its credential, for `Authorization: Bearer` or `x-chatcaptain-key`. */
  readonly token: string;
  /** By this id the token can be revoked. */
  readonly tokenId: string;
  /** The channels that it declares; where it takes any `channelId`, one to use. */
  readonly channelIds: readonly [string, ...string[]];
  /** The same as `remove`, for `await using`. What `scope` looks at was not made by it, and stays. */
  [Symbol.asyncDispose](): Promise<void>;
}
