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

const METHODS = ['run', 'get', 'all', 'iterate', 'columns'] as const;

class LateStatement implements Pick<Statement, (typeof METHODS)[number]> {
  readonly #prepare: () => Statement;
  readonly #shapes: ('pluck' | 'raw')[] = [];

  constructor(prepare: () => Statement) {
    this.#prepare = prepare;
  }

  /** From then on each call goes to the compiled one without a detour. */
  #compile(): Statement {
    const statement = this.#shapes.reduce((statement, shape) => statement[shape](), this.#prepare());
    for (const method of METHODS) Object.assign(this, { [method]: statement[method].bind(statement) });
    return statement;
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
    return this.#compile().columns();
  }

  run(...parameters: unknown[]): ReturnType<Statement['run']> {
    return this.#compile().run(...parameters);
  }

  get(...parameters: unknown[]): unknown {
    return this.#compile().get(...parameters);
  }

  all(...parameters: unknown[]): unknown[] {
    return this.#compile().all(...parameters);
  }

  iterate(...parameters: unknown[]): IterableIterator<unknown> {
    return this.#compile().iterate(...parameters);
  }
}
