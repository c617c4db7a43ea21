export { type ConnectOptions, connectStub } from './connect.ts';
export type { Chatbot, ChatbotScope } from './handle/chatbot.ts';
export type { StubClock } from './handle/clock.ts';
export { StubError, WaitTimeoutError } from './handle/errors.ts';
export type { ActiveFault } from './handle/fault.ts';
export type { StubOptions } from './handle/options.ts';
export type {
  ChatbotOptions,
  ClockState,
  Conversation,
  ConversationFilter,
  Decision,
  Delay,
  Fault,
  FaultEffect,
  FaultMatch,
  FaultOptions,
  Grant,
  Message,
  MintedToken,
  Mismatch,
  NearMiss,
  Operators,
  RecordedRequest,
  RequestFilter,
  RequestMatch,
  ResetCounts,
  Snapshot,
  TokenOptions,
  Violation,
  WaitOptions,
} from './handle/resources.ts';
export type { Stub } from './handle/stub.ts';
export { SettingsError } from './settings-error.ts';
export { startStub } from './start.ts';
export { StartupError } from './startup-error.ts';
