import type { ClockState } from './resources.ts';

/**
 * The time by which conversations are stamped and tokens expire. Delays and time-outs are real. A clock lives until a
 * reset or a restore.
 */
export interface StubClock {
  /** Shows it as it is now. */
  read(): Promise<ClockState>;
  /**
   * Sets it. A clock that ran runs on from there, one that stood still stands still there.
   *
   * @param time a `Date`, or text in ISO 8601 with its zone
   * @example
   * ```ts
   * await chatbot.clock.set('2026-01-01T00:00:00Z');
   * ```
   */
  set(time: Date | string): Promise<ClockState>;
  /**
   * Goes forward by whole milliseconds, or back when negative.
   *
   * @example
   * ```ts
   * await chatbot.clock.advance(3_600_000); // an hour
   * ```
   */
  advance(milliseconds: number): Promise<ClockState>;
  /**
   * Stands still, here or at a given time.
   *
   * @example
   * ```ts
   * await chatbot.clock.freeze('2026-01-01T00:00:00Z');
   * const { now } = await chatbot.clock.read();
   * console.log(now); // 2026-01-01T00:00:00.000Z
   * ```
   */
  freeze(time?: Date | string): Promise<ClockState>;
  /** Runs on from where it stands. */
  resume(): Promise<ClockState>;
  /** Back to the time of the system, running. */
  reset(): Promise<ClockState>;
}
