// What a part of the benchmark is, and what it is given.
import type { Collection } from './figures.ts';

export interface Part {
  /** As it is named on the command line. */
  name: string;
  title: string;
  /** Whose figures the ratios are to. */
  reference: string;
  /** How long it takes, roughly: all of it, and quick. */
  seconds: { full: number; quick: number };
  run: (run: Run) => Promise<void>;
}

export interface Run {
  /** One short round, to see that everything works. */
  quick: boolean;
  figures: Collection;
  /** Says how far this part is, from 0 to 1, and what comes now. */
  say: (done: number, what: string) => void;
  /** Who cannot be measured, and why. The rest goes on. */
  skip: (who: string, why: unknown) => void;
}
