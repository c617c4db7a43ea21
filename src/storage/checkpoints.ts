// Brings the log into the main file beside the requests: in a thread, with a connection of its own. Inside a commit it would
// stop everybody for as long as the disk takes.
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';

export interface Checkpoints {
  /** Says that something was committed. */
  committed(): void;
  /** Ends the thread. From then on a checkpoint is made inside a commit again, when there is much in the log. */
  close(): Promise<void>;
}

export interface CheckpointOptions {
  file: string;
  /** Whether the file is where it was opened: the thread opens it by its name. */
  isInPlace: () => boolean;
  /** What the thread loads; for tests. */
  sqlite?: string;
}

/** Pages in the log, of 4 KiB each. */
const PAGES = {
  /**
   * Without the thread, the commit that comes next brings them in. The journal writes its pages again and again: the more of
   * them are in the log, the less is to be done.
   */
  alone: 4000,
  /** So many that are not brought in start the thread: a test has fewer, and needs none. */
  start: 2000,
  /** So many are worth its while. */
  worth: 500,
  /** From here on the log is to begin anew, which it does when all of it is in the main file. */
  renew: 8000,
  /** So few that come while the thread works are brought in by this thread, which hardly notices. */
  rest: 250,
  /** A commit brings them in, whatever the thread does. */
  most: 16000,
};

/** After so many commits the log is looked at. */
const EVERY = 32;

const WORK = `
const { parentPort, workerData } = require('node:worker_threads');
const Sqlite = require(workerData.sqlite);
const db = new Sqlite(workerData.file, { fileMustExist: true, timeout: 0 });
db.pragma('wal_autocheckpoint = 0');
parentPort.on('message', (isOver) => {
  if (isOver) {
    db.close();
    parentPort.close();
  } else {
    db.pragma('wal_checkpoint(PASSIVE)');
    parentPort.postMessage('done');
  }
});
parentPort.postMessage('ready');
`;

/** How much of it a commit leaves to the thread. */
export function setCheckpointInCommit(db: Database, pages: number = PAGES.alone): void {
  db.pragma(`wal_autocheckpoint = ${pages}`);
}

/** Nothing is started until there is much to do. A thread that fails is given up, and the commits do it as they did before. */
export function createCheckpoints(db: Database, { file, isInPlace, sqlite }: CheckpointOptions): Checkpoints {
  if (file === ':memory:') return { committed() {}, close: async () => {} };
  let commits = 0;
  let thread: Worker | undefined;
  let isBusy = false;
  /** What had been brought in when the thread was asked the last time. */
  let before = 0;
  let isOver = false;
  let gone: Promise<void> | undefined;

  /** @param isAnswer whether the thread has just done what it could */
  function look(isAnswer = false): void {
    const { log, checkpointed } = checkpoint(db, 'NOOP');
    // Another process reads what is in the log, and it would be asked in vain again and again.
    if (isAnswer && checkpointed === before) return;
    before = checkpointed;
    const waiting = log - checkpointed;
    const isLong = log >= PAGES.renew;
    if (isLong && waiting <= PAGES.rest) checkpoint(db, 'PASSIVE');
    else if (waiting >= PAGES.worth || isLong) ask(thread ?? (waiting >= PAGES.start ? start() : undefined));
  }

  function ask(worker: Worker | undefined): void {
    if (!worker) return;
    isBusy = true;
    worker.postMessage(false);
  }

  function start(): Worker | undefined {
    if (!isInPlace()) return undefined;
    const workerData = { file, sqlite: sqlite ?? createRequire(import.meta.url).resolve('better-sqlite3') };
    // It needs little, and nothing of what this process was started with.
    const resourceLimits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 };
    const worker = new Worker(WORK, {
      eval: true,
      name: 'checkpoints',
      workerData,
      resourceLimits,
      execArgv: [],
      env: {},
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    thread = worker;
    gone = promise;
    // A server that is left without being closed must not be held by it.
    worker.unref();
    worker.on('message', (word: 'ready' | 'done') => {
      if (isOver) return;
      if (word === 'ready') setCheckpointInCommit(db, PAGES.most);
      else {
        isBusy = false;
        attempt(() => look(true));
      }
    });
    worker.on('error', giveUp);
    worker.on('exit', () => {
      giveUp();
      resolve();
    });
    return worker;
  }

  function giveUp(): void {
    if (isOver) return;
    isOver = true;
    attempt(() => setCheckpointInCommit(db));
  }

  return {
    committed() {
      commits += 1;
      if (commits % EVERY === 0 && !isBusy && !isOver) attempt(() => look());
    },
    async close() {
      giveUp();
      if (!thread) return;
      // Whoever waits for it must not be left by the event loop meanwhile.
      thread.ref();
      thread.postMessage(true);
      await gone;
    },
  };
}

/** What `PRAGMA wal_checkpoint` says: how many pages the log holds, and how many of them are in the main file. */
export interface LogState {
  log: number;
  checkpointed: number;
}

/** Brings in what nobody hinders; `NOOP` only looks. */
export function checkpoint(db: Database, mode: 'NOOP' | 'PASSIVE'): LogState {
  return (db.pragma(`wal_checkpoint(${mode})`) as [LogState])[0];
}

/** What fails here, a commit will meet as well, and tell somebody. Or the database was closed meanwhile. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {}
}
