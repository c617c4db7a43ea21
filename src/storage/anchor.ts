// Whether the database's file is where it was opened: SQLite would go on writing to one that nobody finds any more.
import { closeSync, fstatSync, openSync, realpathSync, rmSync, type Stats, statSync } from 'node:fs';

/**
 * deleted: gone for good, once it is closed. moved: it is elsewhere, or its volume is away. replaced: another is there.
 * unlogged: it is there, and its log is not: what is in that would be gone with this process, and others do not see it.
 */
export type Displacement = 'deleted' | 'moved' | 'replaced' | 'unlogged';

/** What is wrong with the place of the database's file. */
export class DisplacedError extends Error {
  override name = 'DisplacedError';
  readonly how: Displacement;

  constructor(how: Displacement) {
    super(how === 'unlogged' ? 'the log of the database file was deleted' : `the database file was ${how}`);
    this.how = how;
  }
}

export interface Anchor {
  /** @throws DisplacedError */
  assertInPlace(): void;
  isInPlace(): boolean;
  /** Whether what was opened is to be found nowhere any more. */
  isDeleted(): boolean;
  /**
   * To be called when the database is closed, and not before: POSIX would take SQLite's locks away. What is left of the
   * log of a file that is not there any more goes, too: SQLite would take it for the log of the next one in its place.
   */
  release(): void;
}

/** Remembers which file a database was opened as. */
export function createAnchor(file: string): Anchor {
  if (file === ':memory:') return { assertInPlace() {}, isInPlace: () => true, isDeleted: () => false, release() {} };
  const descriptor = openSync(file, 'r');
  const opened = fstatSync(descriptor);
  // Beside the file itself, where a link leads to it.
  const target = realpathSync(file);
  const log = [`${target}-wal`, `${target}-shm`].map((name) => ({ name, ino: look(name)?.ino }));
  const hasLog = (): boolean => log.every(({ name, ino }) => ino === undefined || look(name)?.ino === ino);
  const isDeleted = (): boolean => fstatSync(descriptor).nlink === 0;

  function displacement(): Displacement | undefined {
    const found = look(file);
    if (found?.ino === opened.ino && found.dev === opened.dev) return hasLog() ? undefined : 'unlogged';
    if (found !== undefined) return 'replaced';
    return isDeleted() ? 'deleted' : 'moved';
  }

  return {
    assertInPlace() {
      const how = displacement();
      if (how !== undefined) throw new DisplacedError(how);
    },
    isInPlace: () => displacement() === undefined,
    isDeleted,
    release() {
      if (displacement() !== undefined) {
        for (const { name, ino } of log) if (ino !== undefined && look(name)?.ino === ino) rmSync(name);
      }
      closeSync(descriptor);
    },
  };
}

function look(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    // Its folder cannot be looked into, or its volume gives errors.
    return undefined;
  }
}
