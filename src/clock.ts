/** Milliseconds since 1970. A chatbot may have a time of its own; without an id it is the time of the server. */
export type Clock = (chatbotId?: string) => number;

/** How a clock stands to the system's. */
export interface ClockState {
  /** Milliseconds since 1970. */
  now: number;
  isFrozen: boolean;
  /** How far ahead of the system's clock, in milliseconds; what it would be if it ran on now. */
  offsetMs: number;
}

/** Changes in the order in which they are applied. */
export interface ClockChange {
  /** Back to the system's time (a chatbot: to the server's), running. */
  reset?: boolean | undefined;
  /** Milliseconds since 1970. */
  set?: number | undefined;
  advanceMs?: number | undefined;
  freeze?: boolean | undefined;
}

export interface AdjustableClock {
  now: Clock;
  read(chatbotId?: string): ClockState;
  adjust(change: ClockChange, chatbotId?: string): ClockState;
  /** Takes a chatbot's own time away. */
  forget(chatbotId: string): void;
  /** Back to the system's time everywhere. */
  forgetAll(): void;
}

/** Either stands still, or runs ahead of the system's clock. */
type Setting = { frozenAt: number } | { offsetMs: number };

const SYSTEM_TIME: Setting = { offsetMs: 0 };

/** The times that stay within the four-digit years of ISO 8601. */
export const EARLIEST = 0;
export const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** What was written last: under load, many times are of the same millisecond. */
let written = { time: Number.NaN as number | string, text: '' };

/** A time in ISO 8601, UTC. @param time milliseconds since 1970, or a text with its zone */
export function iso(time: number | string): string {
  if (time !== written.time) written = { time, text: new Date(time).toISOString() };
  return written.text;
}

/** A clock that can be frozen, set and advanced, for the server and for single chatbots. Lives as long as the process. */
export function createClock(system: () => number): AdjustableClock {
  let server = SYSTEM_TIME;
  const own = new Map<string, Setting>();

  function settingOf(chatbotId: string | undefined): Setting {
    return (chatbotId === undefined ? undefined : own.get(chatbotId)) ?? server;
  }

  function timeOf(setting: Setting, real: number): number {
    return 'frozenAt' in setting ? setting.frozenAt : within(real + setting.offsetMs);
  }

  function read(chatbotId?: string): ClockState {
    const setting = settingOf(chatbotId);
    const real = system();
    const now = timeOf(setting, real);
    return { now, isFrozen: 'frozenAt' in setting, offsetMs: now - real };
  }

  function adjust({ reset, set, advanceMs, freeze }: ClockChange, chatbotId?: string): ClockState {
    if (reset) put(undefined, chatbotId);
    if (set !== undefined || advanceMs !== undefined || freeze !== undefined) {
      const before = settingOf(chatbotId);
      const real = system();
      const now = within((set ?? timeOf(before, real)) + (advanceMs ?? 0));
      put((freeze ?? 'frozenAt' in before) ? { frozenAt: now } : { offsetMs: now - real }, chatbotId);
    }
    return read(chatbotId);
  }

  function put(setting: Setting | undefined, chatbotId: string | undefined): void {
    if (chatbotId === undefined) server = setting ?? SYSTEM_TIME;
    else if (setting) own.set(chatbotId, setting);
    else own.delete(chatbotId);
  }

  return {
    now: (chatbotId) => timeOf(settingOf(chatbotId), system()),
    read,
    adjust,
    forget: (chatbotId) => void own.delete(chatbotId),
    forgetAll() {
      server = SYSTEM_TIME;
      own.clear();
    },
  };
}

function within(time: number): number {
  return Math.max(EARLIEST, Math.min(time, LATEST));
}
