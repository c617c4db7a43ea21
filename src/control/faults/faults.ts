// The faults that somebody asked for: in memory, which decides, and in the table `faults`, which outlives the process.
import type { Database } from 'better-sqlite3';
import { type Clock, iso } from '../../clock.ts';
import type { GroupCommit } from '../../storage/group-commit.ts';
import { ProblemError } from '../problem.ts';
import type { Effect } from './effect.ts';
import { chatbotOf, compileFaultMatch, type FaultMatch, type Subject } from './match.ts';

/** What somebody asks for. */
export interface FaultDefinition {
  match: FaultMatch;
  effect: Effect;
  /** How often it fires at most; without end, when absent. */
  times?: number;
  /** How likely it fires when it could; always, when absent. */
  probability?: number;
}

export interface Fault extends FaultDefinition {
  readonly id: string;
  /** Its place in the order of making. */
  readonly seq: number;
  /** The one chatbot that it is for; empty when it may be any. */
  readonly chatbotId: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** How long its definition is. */
  readonly bytes: number;
  readonly matches: (subject: Subject) => boolean;
  fired: number;
}

export interface Faults {
  /** @throws ProblemError 409 when there are too many already */
  create(definition: FaultDefinition): Promise<Fault>;
  /** In the order of making: those for one chatbot alone, or all. */
  list(chatbotId?: string): readonly Fault[];
  get(id: string): Fault | undefined;
  /** Resolves with whether there was one. */
  delete(id: string): Promise<boolean>;
  /** Deletes those for one chatbot alone, or all. */
  clear(chatbotId?: string): Promise<void>;
  /** Those that may be meant by a request to this chatbot, in the order in which they are asked. */
  candidates(chatbotId: string): readonly Fault[];
  /** Counts one firing, at once in memory and with the next group of writes in the table. */
  count(fault: Fault): void;
  /** Reads the faults of one chatbot, or all, anew after a transaction that changed their rows. */
  reload(chatbotId?: string): void;
}

/** More would slow the requests down that have to ask them all, and fill the memory. */
export const MAX_FAULTS = 10_000;
/** Of one chatbot, or of those for any: so that one suite cannot take the room of the others. */
export const MAX_SHARE = 1000;
export const MAX_BYTES = 64 * 1024 * 1024;

interface FaultRow {
  seq: number;
  id: string;
  chatbot_id: string;
  definition: string;
  fired: number;
  created_at: string;
}

const NONE: readonly Fault[] = [];

/** Reads the faults of the table, and keeps the two in step from then on. */
export function createFaults(
  db: Database,
  { groupCommit, newId, clock }: { groupCommit: GroupCommit; newId: () => string; clock: Clock },
): Faults {
  const selectAll = db.prepare<[], FaultRow>('SELECT * FROM faults ORDER BY seq');
  const selectOfChatbot = db.prepare<[string], FaultRow>('SELECT * FROM faults WHERE chatbot_id = ? ORDER BY seq');
  const insert = db.prepare<[Omit<FaultRow, 'seq'>]>(
    `INSERT INTO faults (id, chatbot_id, definition, fired, created_at)
     VALUES (@id, @chatbot_id, @definition, @fired, @created_at)`,
  );
  const setFired = db.prepare<[number, string]>('UPDATE faults SET fired = ? WHERE id = ?');
  const deleteOne = db.prepare<[string]>('DELETE FROM faults WHERE id = ?');
  const deleteOfChatbot = db.prepare<[string]>('DELETE FROM faults WHERE chatbot_id = ?');
  const deleteAll = db.prepare<[]>('DELETE FROM faults');

  let byId = new Map<string, Fault>();
  /** In the order of making. Those that may be for any chatbot stand under the empty text. */
  let byChatbot = new Map<string, Fault[]>();
  reload();

  function add(fault: Fault): void {
    byId.set(fault.id, fault);
    const others = byChatbot.get(fault.chatbotId);
    if (others) others.push(fault);
    else byChatbot.set(fault.chatbotId, [fault]);
  }

  function remove(fault: Fault): void {
    byId.delete(fault.id);
    const others = list(fault.chatbotId).filter((other) => other !== fault);
    if (others.length > 0) byChatbot.set(fault.chatbotId, others);
    else byChatbot.delete(fault.chatbotId);
  }

  function list(chatbotId?: string): readonly Fault[] {
    if (chatbotId !== undefined) return byChatbot.get(chatbotId) ?? NONE;
    return [...byId.values()].sort((one, other) => one.seq - other.seq);
  }

  function reload(chatbotId?: string): void {
    if (chatbotId === undefined) {
      byId = new Map();
      byChatbot = new Map();
    } else {
      for (const { id } of list(chatbotId)) byId.delete(id);
      byChatbot.delete(chatbotId);
    }
    const rows = chatbotId === undefined ? selectAll.all() : selectOfChatbot.all(chatbotId);
    for (const row of rows) {
      const fault = readable(row);
      if (fault) add(fault);
    }
  }

  function assertRoomFor({ chatbot_id, definition }: Pick<FaultRow, 'chatbot_id' | 'definition'>): void {
    const share = byChatbot.get(chatbot_id)?.length ?? 0;
    const bytes = [...byId.values()].reduce((sum, fault) => sum + fault.bytes, Buffer.byteLength(definition));
    if (share < MAX_SHARE && byId.size < MAX_FAULTS && bytes <= MAX_BYTES) return;
    const most = `${MAX_SHARE} faults of one chatbot, ${MAX_FAULTS} in all, and ${MAX_BYTES / 1024 / 1024} MiB of them are the most`;
    throw new ProblemError(
      409,
      `There is no room for another fault: ${most}. DELETE those that are done: /__admin/faults/ID, /__admin/faults?chatbotId=ID for those of a chatbot, or /__admin/faults?all=true.`,
    );
  }

  return {
    async create(definition) {
      const chatbotId = chatbotOf(definition.match);
      const row = {
        id: newId(),
        chatbot_id: chatbotId,
        definition: JSON.stringify(definition),
        fired: 0,
        created_at: iso(clock(chatbotId === '' ? undefined : chatbotId)),
      };
      let seq = 0;
      await groupCommit.transaction(
        () => {
          assertRoomFor(row);
          seq = Number(insert.run(row).lastInsertRowid);
        },
        () => add(faultFrom({ ...row, seq })),
      );
      return byId.get(row.id) as Fault;
    },

    list,
    get: (id) => byId.get(id),

    delete: (id) =>
      groupCommit.transaction(
        () => deleteOne.run(id).changes > 0,
        () => {
          const fault = byId.get(id);
          if (fault) remove(fault);
        },
      ),

    async clear(chatbotId) {
      await groupCommit.transaction(
        () => (chatbotId === undefined ? deleteAll.run() : deleteOfChatbot.run(chatbotId)),
        () => reload(chatbotId),
      );
    },

    candidates(chatbotId) {
      const own = byChatbot.get(chatbotId);
      const anyones = byChatbot.get('');
      return own && anyones ? [...own, ...anyones] : (own ?? anyones ?? NONE);
    },

    count(fault) {
      fault.fired += 1;
      const { id, fired } = fault;
      // What memory says, not one more: a count that storage refused is made good by the next. A fault that a reset or a
      // restore has replaced meanwhile counts no more.
      groupCommit.write(() => byId.get(id) === fault && setFired.run(fired, id)).catch(() => {});
    },

    reload,
  };
}

function faultFrom({ seq, id, chatbot_id, definition, fired, created_at }: FaultRow): Fault {
  const parsed = JSON.parse(definition) as FaultDefinition;
  return {
    ...parsed,
    id,
    seq,
    chatbotId: chatbot_id,
    createdAt: created_at,
    bytes: Buffer.byteLength(definition),
    matches: compileFaultMatch(parsed.match),
    fired,
  };
}

/** A row that somebody wrote by hand and wrongly is no fault, and no reason to fail. */
function readable(row: FaultRow): Fault | undefined {
  try {
    return faultFrom(row);
  } catch {
    return undefined;
  }
}
