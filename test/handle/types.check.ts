// The types that the package publishes are written by hand, since TypeBox is not published with it. Here each is held
// against the schema that it stands for: where one of the two changes, this file does not compile (npm run typecheck).
import type { Static } from '@sinclair/typebox';
import type { Settings } from '../../src/config.ts';
import type { MadeChatbot, NewChatbot } from '../../src/control/chatbot.ts';
import type { ClockView } from '../../src/control/clock.ts';
import type { Conversation as ConversationSchema, ListQuery } from '../../src/control/conversations.ts';
import type { Effect } from '../../src/control/faults/effect.ts';
import type { FaultMatch as FaultMatchSchema } from '../../src/control/faults/match.ts';
import type { CreateFault, FaultResource } from '../../src/control/faults/routes.ts';
import type { Match } from '../../src/control/requests/match.ts';
import type { Query } from '../../src/control/requests/routes.ts';
import type { TimedOut, WaitBody } from '../../src/control/requests/verify.ts';
import type { RequestView } from '../../src/control/requests/view.ts';
import type { Deleted } from '../../src/control/reset.ts';
import type { Snapshot as SnapshotSchema } from '../../src/control/snapshots.ts';
import type { NewTokenBody, TokenView } from '../../src/control/tokens.ts';
import type {
  Chatbot,
  ChatbotOptions,
  ClockState,
  Conversation,
  ConversationFilter,
  Fault,
  FaultEffect,
  FaultMatch,
  FaultOptions,
  MintedToken,
  NearMiss,
  RecordedRequest,
  RequestFilter,
  RequestMatch,
  ResetCounts,
  Snapshot,
  StubOptions,
  TokenOptions,
  WaitOptions,
} from '../../src/index.ts';

/** The same properties, each as it is, whatever a type is put together from. */
type Flat<T> = T extends readonly (infer Item)[]
  ? number extends T['length']
    ? Flat<Item>[]
    : { [Index in keyof T]: Flat<T[Index]> }
  : T extends object
    ? { [Name in keyof T]: Flat<T[Name]> }
    : T;
type Identical<A, B> =
  (<T>() => T extends Flat<A> ? 1 : 2) extends <T>() => T extends Flat<B> ? 1 : 2
    ? true
    : { differs: [Flat<A>, Flat<B>] };
/** What a match becomes on the way to the server. What its operators take, the schema leaves open for better errors. */
type Sent<T> = T extends RegExp
  ? never
  : T extends { $regex?: unknown }
    ? 'operators'
    : T extends object
      ? { [Name in keyof T]: Sent<T[Name]> }
      : T;

const alike = <A, B>(..._same: Identical<A, B> extends true ? [] : [Identical<A, B>]): void => {};

alike<ChatbotOptions, NewChatbot>();
alike<
  { [Name in 'chatbotId' | 'token' | 'tokenId']: Chatbot[Name] } & { channelIds: string[] },
  Static<typeof MadeChatbot>
>();
alike<TokenOptions, Static<typeof NewTokenBody>>();
alike<MintedToken, TokenView & { token: string }>();
alike<Conversation, Static<typeof ConversationSchema>>();
alike<Required<ConversationFilter>, Omit<Required<Static<typeof ListQuery>>, 'chatbotId' | 'cursor'>>();
alike<RecordedRequest, RequestView>();
alike<
  keyof Required<RequestFilter>,
  Exclude<keyof Required<Static<typeof Query>>, 'chatbotId' | 'cursor' | 'format'>
>();
alike<Sent<RequestMatch>, Sent<Match>>();
alike<WaitOptions, Omit<Static<typeof WaitBody>, 'match'>>();
alike<NearMiss[], NonNullable<Static<typeof TimedOut>['nearMisses']>>();
alike<Omit<FaultEffect, 'delayMs'>, Omit<Effect, 'delayMs'>>();
alike<Sent<FaultMatch>, Sent<Omit<FaultMatchSchema, 'chatbotId'>>>();
alike<keyof Required<FaultOptions>, Exclude<keyof Required<Static<typeof CreateFault>>, 'effect'>>();
alike<keyof Required<Fault>, keyof Required<FaultResource>>();
alike<Snapshot, Static<typeof SnapshotSchema>>();
alike<ClockState, Static<typeof ClockView>>();
alike<ResetCounts, Static<typeof Deleted>>();
alike<Omit<Required<StubOptions>, 'seed'>, Omit<Required<Settings>, 'seed'>>();
