// Node's own timers, taken when the package is loaded: a test that stops the clock later on (jest, vi, node:test) replaces
// them, globally and in their module, and must not stop a stub in its process.
import timers from 'node:timers';
import promises from 'node:timers/promises';

export const { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } = timers;

/** Resolves in the next turn of the event loop. */
export const nextTurn: () => Promise<void> = promises.setImmediate;
/** Resolves after this many milliseconds. */
export const sleep = promises.setTimeout;
