// Loaded before the version of Node is known: it takes what every Node has.
import { constants } from 'node:os';
import { setTimeout } from '../timers.ts';

/** Leaves the process at once, with this exit code. */
export type Leave = (code: number) => void;

/**
 * Resolves with the first SIGTERM or SIGINT from now on. A second one leaves at once, with the exit code by which a
 * shell reports a death by that signal.
 */
export function firstSignal(leave: Leave): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isStopping = false;
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.on(name, () => {
        if (isStopping) leave(exitCodeOf(name));
        isStopping = true;
        resolve(name);
      });
    }
  });
}

/** How a command ended: by itself, with an exit code, or by a signal. */
export type Ending = number | NodeJS.Signals;

/** What asks a program to end, to read its settings again (SIGHUP), or to start again (SIGUSR2, by nodemon). */
export const FOR_THE_COMMAND = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const;

/** Signals that do not end this process, because they are meant for another. */
export interface Caught {
  /** The first one that came. */
  first?: NodeJS.Signals;
  /** Aborted when it came. */
  stopping: AbortSignal;
  /** What is done with each one that comes from now on. */
  pass: (signal: NodeJS.Signals) => void;
  /** From now on they end this process again. */
  release: () => void;
}

/** Catches these signals from now on. */
export function catchSignals(names: readonly NodeJS.Signals[]): Caught {
  const stopping = new AbortController();
  const caught: Caught = {
    stopping: stopping.signal,
    pass: () => {},
    release() {
      for (const name of names) process.off(name, take);
    },
  };
  function take(signal: NodeJS.Signals): void {
    caught.first ??= signal;
    stopping.abort();
    caught.pass(signal);
  }
  for (const name of names) process.on(name, take);
  return caught;
}

/**
 * By these no process of Node dies in order: the first cuts off what is under way, the second it ignores, and the third
 * starts its debugger.
 */
const UNSUITABLE = new Set<NodeJS.Signals>(['SIGKILL', 'SIGPIPE', 'SIGUSR1']);

/** How long a death may take where something else in this process listens for the signal, in milliseconds. */
const PATIENCE = 500;

/**
 * Dies by this signal, so that whoever started us sees what became of the command: a shell ends its loop only after a
 * death by SIGINT. Where that cannot be, it leaves with the exit code by which a shell reports the death. That is so for
 * process 1 of a container, which no signal ends by itself, and on Windows, which has none.
 */
export function dieBy(signal: NodeJS.Signals, leave: Leave): void {
  const canDie = !UNSUITABLE.has(signal) && process.pid !== 1 && process.platform !== 'win32';
  if (!canDie) leave(exitCodeOf(signal));
  process.kill(process.pid, signal);
  setTimeout(leave, PATIENCE, exitCodeOf(signal));
}

function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
