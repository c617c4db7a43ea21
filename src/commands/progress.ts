/** How long work may take before its progress is shown, in milliseconds. */
const MOMENT = 500;
/** How often it is shown, in milliseconds. */
const INTERVAL = 100;

export interface Progress {
  show(done: number, whole: number): void;
  /** Leaves the line as if nothing had been shown. */
  clear(): void;
}

/** Shows on a terminal how far work has come that takes longer than a moment; elsewhere nothing. */
export function createProgress(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>, what: string): Progress {
  let due = performance.now() + MOMENT;
  let isShown = false;
  return {
    show(done, whole) {
      if (!stream.isTTY || performance.now() < due) return;
      due = performance.now() + INTERVAL;
      isShown = true;
      stream.write(`\r${what}: ${Math.floor((100 * done) / Math.max(whole, 1))} %\u001b[K`);
    },
    clear() {
      if (isShown) stream.write('\r\u001b[K');
    },
  };
}

/** How many there are and how long it took, for the line at the end. */
export function summaryOf(conversations: number, bytes: number, milliseconds: number): string {
  const count = `${conversations} conversation${conversations === 1 ? '' : 's'}`;
  return `${count}, ${sizeOf(bytes)} in ${(milliseconds / 1000).toFixed(1)} s`;
}

function sizeOf(bytes: number): string {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(0)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
