// What the control plane takes and answers, as its JSON is. test/handle/types.check.ts holds all such types against the schemas.

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
