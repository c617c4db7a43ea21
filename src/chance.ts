import { createHash } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { FastifyRequest } from 'fastify';
import { createRandomText, encodeTime } from './ids.ts';
import type { GroupCommit } from './storage/group-commit.ts';

/** One request's share of what is random. */
export interface Turn {
  /** An id for what the request makes. */
  newId(): string;
  /** A number from 0 up to but not including 1. `purpose` tells several numbers of one request apart. */
  random(purpose: string): number;
}

/** Where ids and decisions come from. */
export interface Chance {
  /** The next turn of a chatbot. */
  turn(chatbotId: string): Turn;
  /** Begins anew with a chatbot whose rows are gone. */
  forget(chatbotId: string): void;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Drawn when it is first asked for: a request that is refused before takes none. */
    turn: Turn | null;
  }
}

/** The turn of a request, the same one however often it is asked for. */
export function turnOf(request: FastifyRequest, chance: Chance, chatbotId: string): Turn {
  request.turn ??= chance.turn(chatbotId);
  return request.turn;
}

/** Real randomness: no two runs are alike. */
export function createChance(newId: () => string): Chance {
  const turn: Turn = { newId, random: Math.random };
  return { turn: () => turn, forget() {} };
}

/**
 * Randomness that follows from a seed. The n-th turn of a chatbot gives the same ids and numbers in every run, whatever
 * other chatbots do meanwhile. How many turns a chatbot has had is stored together with what they brought about.
 */
export function createSeededChance(seed: string, db: Database, groupCommit: GroupCommit): Chance {
  const select = db.prepare<[string], number>('SELECT turn FROM turns WHERE chatbot_id = ?').pluck();
  const upsert = db.prepare<[string, number]>(
    `INSERT INTO turns VALUES (?, ?) ON CONFLICT DO UPDATE SET turn = max(turn, excluded.turn)`,
  );
  const taken = new Map<string, number>();
  return {
    turn(chatbotId) {
      // The rows may be ahead, after a restore, and so may memory: what it counted may not be committed yet.
      const number = Math.max(taken.get(chatbotId) ?? 0, select.get(chatbotId) ?? 0) + 1;
      taken.set(chatbotId, number);
      // Committed no later than what the request stores. When storage fails, so does the request.
      groupCommit.write(() => upsert.run(chatbotId, number)).catch(() => {});
      return createSeededTurn(seed, chatbotId, number);
    },
    forget: (chatbotId) => void taken.delete(chatbotId),
  };
}

function createSeededTurn(seed: string, chatbotId: string, number: number): Turn {
  function bytes(purpose: string, size: number): Buffer {
    const subject = JSON.stringify([seed, chatbotId, number, purpose]);
    return createHash('shake256', { outputLength: size }).update(subject).digest();
  }
  return {
    // In the order of the turns, as those without a seed are in the order of time.
    newId: () => encodeTime(number) + createRandomText((size) => bytes('id', size))(12),
    random: (purpose) => bytes(purpose, 6).readUIntBE(0, 6) / 2 ** 48,
  };
}
