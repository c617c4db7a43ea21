import { hash, randomBytes } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { type Clock, iso, LATEST } from '../clock.ts';
import { BEARER_TOKEN, BEARER_TOKEN_WORDS } from '../config.ts';
import { createRandomText } from '../ids.ts';
import { setImmediate } from '../timers.ts';
import { type Grant, problemWithGrant } from './permissions.ts';

/** A stored token. The credential itself is not in it: only its SHA-256 is kept, and that stays in the store. */
export interface Token {
  id: string;
  name: string | null;
  grants: readonly Grant[];
  /** ISO 8601, UTC; so are the two below. */
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  /** The chatbot that it was made with, and goes with. */
  chatbotId: string | null;
}

export interface NewToken {
  /** Shown in denials and lists. */
  name?: string | undefined;
  grants: readonly Grant[];
  /** Seconds until it expires; never, when absent. */
  expiresIn?: number | undefined;
  chatbotId?: string | undefined;
  /** The time that it is made at, in milliseconds; that of its chatbot, or of the server, when absent. */
  now?: number | undefined;
  /** The credential to register; a fresh one is made when absent. */
  token?: string | undefined;
}

/** What a credential is worth now. */
export type Verdict =
  | { state: 'active'; token: Token }
  | { state: 'expired' | 'revoked'; token: Token }
  | { state: 'unknown' };

export interface TokenStore {
  /** Looks a credential up in memory, without a query. Sees what other processes committed before this turn of the event loop. */
  find(credential: string, now?: number): Verdict;
  /** The same for one that is looked up more than once: it is hashed only here. */
  finderOf(credential: string): (now?: number) => Verdict;
  /** The same for the token of an id, whose credential nobody has to know. */
  findById(id: string, now?: number): Verdict;
  /** Stores a token and returns it with its credential, which cannot be had again. @throws TokenError */
  create(token: NewToken): { token: Token; credential: string };
  /** Every stored token, oldest first. */
  list(): Token[];
  /** Revokes a token by its id and returns it, or `undefined` when there is none. Revoking twice keeps the first time. */
  revoke(id: string): Token | undefined;
  /** Accepts a credential for as long as this process lives; nothing is stored. */
  register(credential: string, name: string, grants: readonly Grant[]): void;
  /** `now` in milliseconds; the server's time when absent. */
  stateOf(token: Token, now?: number): 'active' | 'expired' | 'revoked';
  /**
   * Reads the rows anew, of one chatbot's tokens or of all: after a transaction that changed them behind the store's
   * back, or was rolled back.
   */
  reload(chatbotId?: string): void;
}

/** A token that cannot be made as asked; the message says what would be right. */
export class TokenError extends Error {
  override name = 'TokenError';
}

interface TokenRow {
  id: string;
  name: string | null;
  hash: string;
  grants: string;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  chatbot_id: string | null;
}

/** The grants of a token that may do everything on every chatbot. */
export const EVERYTHING: readonly Grant[] = [{ permission: '*', resource: 'chatbots/*' }];

/** No request could carry a credential that is much longer, with its other headers. */
const LONGEST = 1024;

const randomText = createRandomText(randomBytes);

/** A new credential in the look of ChatCaptain's keys: 119 random bits. Never seeded. */
export function freshToken(): string {
  return `CCSB-${randomText(8)}-${randomText(12)}`;
}

/**
 * The tokens of a database, held in a map by hash.
 *
 * Rows that this process writes go through the map. For those of others, such as the CLI beside a running server,
 * `PRAGMA data_version` is read once per event-loop turn and the map loaded anew when it changed.
 */
export function createTokenStore(db: Database, { clock, newId }: { clock: Clock; newId: () => string }): TokenStore {
  const selectAll = db.prepare<[], TokenRow>('SELECT * FROM tokens ORDER BY created_at, id');
  const selectOf = db.prepare<[string], TokenRow>('SELECT * FROM tokens WHERE chatbot_id = ?');
  const insert = db.prepare<[TokenRow]>(
    'INSERT INTO tokens VALUES (@id, @name, @hash, @grants, @created_at, @expires_at, @revoked_at, @chatbot_id)',
  );
  const markRevoked = db.prepare<[string, string], TokenRow>(
    'UPDATE tokens SET revoked_at = coalesce(revoked_at, ?) WHERE id = ? RETURNING *',
  );
  const dataVersion = db.prepare<[], number>('PRAGMA data_version').pluck();

  const registered = new Map<string, Token>();
  let stored = new Map<string, Token>();
  let seenVersion = -1;
  let isFresh = false;

  function refresh(): void {
    if (isFresh) return;
    isFresh = true;
    setImmediate(() => {
      isFresh = false;
    });
    const version = dataVersion.get() as number;
    if (version === seenVersion) return;
    load();
    seenVersion = version;
  }

  function load(): void {
    stored = new Map(readable(selectAll.all()).map(({ row, token }) => [row.hash, token]));
  }

  function reload(chatbotId?: string): void {
    if (chatbotId === undefined) {
      load();
      return;
    }
    for (const [hash, token] of stored) if (token.chatbotId === chatbotId) stored.delete(hash);
    for (const { row, token } of readable(selectOf.all(chatbotId))) stored.set(row.hash, token);
  }

  function stateOf(token: Token, now = clock()): 'active' | 'expired' | 'revoked' {
    if (token.revokedAt !== null) return 'revoked';
    // A time that cannot be read is no reason to accept a token for ever.
    return token.expiresAt === null || Date.parse(token.expiresAt) > now ? 'active' : 'expired';
  }

  function verdictOn(token: Token | undefined, now: number): Verdict {
    return token ? { state: stateOf(token, now), token } : { state: 'unknown' };
  }

  function finderOf(credential: string): (now?: number) => Verdict {
    const key = hashOf(credential);
    return (now = clock()) => {
      refresh();
      return verdictOn(registered.get(key) ?? stored.get(key), now);
    };
  }

  return {
    stateOf,
    reload,

    find: (credential, now) => finderOf(credential)(now),
    finderOf,

    findById(id, now = clock()) {
      refresh();
      return verdictOn(
        [...registered.values(), ...stored.values()].find((token) => token.id === id),
        now,
      );
    },

    create({ name, grants, expiresIn, token: given, chatbotId, now = clock(chatbotId) }) {
      const problem = grants.map(problemWithGrant).find((text) => text !== undefined);
      if (problem) throw new TokenError(problem);
      if (name !== undefined && (/\p{Cc}/u.test(name) || !name.isWellFormed())) {
        throw new TokenError(`name ${JSON.stringify(name)} must be well-formed text without control characters`);
      }
      if (given !== undefined && (!new RegExp(BEARER_TOKEN).test(given) || given.length > LONGEST)) {
        throw new TokenError(`a token must be at most ${LONGEST} ${BEARER_TOKEN_WORDS}`);
      }
      const expires = expiresIn === undefined ? undefined : now + expiresIn * 1000;
      if (expires !== undefined && !(expires >= now + 1 && expires <= LATEST)) {
        throw new TokenError('the lifetime of a token must be more than nothing, and end before the year 10000');
      }
      const credential = given ?? freshToken();
      const row: TokenRow = {
        id: newId(),
        name: name ?? null,
        hash: hashOf(credential),
        grants: JSON.stringify(grants.map(({ permission, resource }) => ({ permission, resource }))),
        created_at: iso(now),
        expires_at: expires === undefined ? null : iso(expires),
        revoked_at: null,
        chatbot_id: chatbotId ?? null,
      };
      try {
        insert.run(row);
      } catch (error) {
        if ((error as { code?: string }).code !== 'SQLITE_CONSTRAINT_UNIQUE') throw error;
        throw new TokenError('this token is registered already: choose another, or leave it out for a fresh one');
      }
      const token = tokenFrom(row);
      stored.set(row.hash, token);
      return { token, credential };
    },

    list: () => readable(selectAll.all()).map(({ token }) => token),

    revoke(id) {
      const [revoked] = readable(markRevoked.all(iso(clock()), id));
      if (revoked) stored.set(revoked.row.hash, revoked.token);
      return revoked?.token;
    },

    register(credential, name, grants) {
      const createdAt = iso(clock());
      const token = { id: name, name, grants, createdAt, expiresAt: null, revokedAt: null, chatbotId: null };
      registered.set(hashOf(credential), token);
    },
  };
}

/** The rows that hold a token. One that somebody wrote by hand and wrongly is no credential, and no reason to fail. */
function readable(rows: TokenRow[]): { row: TokenRow; token: Token }[] {
  return rows.flatMap((row) => {
    try {
      return [{ row, token: tokenFrom(row) }];
    } catch {
      return [];
    }
  });
}

function tokenFrom(row: TokenRow): Token {
  const grants = JSON.parse(row.grants) as Grant[];
  if (!Array.isArray(grants) || grants.some(problemWithGrant)) throw new TokenError(`token ${row.id} cannot be read`);
  return {
    id: row.id,
    name: row.name,
    grants,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    chatbotId: row.chatbot_id,
  };
}

/** What is kept of a credential. */
export function hashOf(credential: string): string {
  return hash('sha256', credential, 'hex');
}
