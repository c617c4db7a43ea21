// Statements that SQLite compiles when they are first run: a server has some 140 of them, and a test that starts one for
// itself runs ten.
import type { Database, Statement } from 'better-sqlite3';

/** Makes `db.prepare` cost nothing. What is wrong with a statement shows when it is first run. */
export function prepareLate(db: Database): Database {
  const prepare = db.prepare.bind(db);
  // No statement of ours is asked for anything else.
  db.prepare = ((sql: string) => new LateStatement(() => prepare(sql))) as unknown as typeof prepare;
  return db;
}

class LateStatement implements Pick<Statement, 'run' | 'get' | 'all' | 'iterate' | 'columns'> {
  readonly #prepare: () => Statement;
  #prepared: Statement | undefined;
  readonly #shapes: ('pluck' | 'raw')[] = [];

  constructor(prepare: () => Statement) {
    this.#prepare = prepare;
  }

  get #statement(): Statement {
    this.#prepared ??= this.#shapes.reduce((statement, shape) => statement[shape](), this.#prepare());
    return this.#prepared;
  }

  /** Before the first run. */
  pluck(): this {
    this.#shapes.push('pluck');
    return this;
  }

  /** Before the first run. */
  raw(): this {
    this.#shapes.push('raw');
    return this;
  }

  columns(): ReturnType<Statement['columns']> {
    return this.#statement.columns();
  }

  run(...parameters: unknown[]): ReturnType<Statement['run']> {
    return this.#statement.run(...parameters);
  }

  get(...parameters: unknown[]): unknown {
    return this.#statement.get(...parameters);
  }

  all(...parameters: unknown[]): unknown[] {
    return this.#statement.all(...parameters);
  }

  iterate(...parameters: unknown[]): IterableIterator<unknown> {
    return this.#statement.iterate(...parameters);
  }
}
