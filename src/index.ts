export { type ConnectOptions, connectStub } from './connect.ts';
export type { Chatbot, ChatbotScope } from './handle/chatbot.ts';
export type { StubClock } from './handle/clock.ts';
export { StubError, WaitTimeoutError } from './handle/errors.ts';
export type {
  ActiveFault,
  Delay,
  Fault,
  FaultEffect,
  FaultMatch,
  FaultOptions,
} from './handle/fault.ts';
export type { StubOptions } from './handle/options.ts';
export type {
  Decision,
  Drift,
  Message,
  Mismatch,
  NearMiss,
  Operators,
  RecordedRequest,
  RequestFilter,
  RequestMatch,
  UpstreamExchange,
  Violation,
  WaitOptions,
} from './handle/recorded-request.ts';
export type {
  ChatbotOptions,
  ClockState,
  Conversation,
  ConversationFilter,
  Grant,
  MintedToken,
  ResetCounts,
  Snapshot,
  TokenOptions,
} from './handle/resources.ts';
export type { Stub } from './handle/stub.ts';
export { SettingsError } from './settings-error.ts';
export { startStub } from './start.ts';
export { StartupError } from './startup-error.ts';
