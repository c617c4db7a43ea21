/** Leaves the process at once, with this exit code. */
export type Leave = (code: number) => void;

const NUMBERS = { SIGINT: 2, SIGTERM: 15 };

/**
 * Resolves with the first SIGTERM or SIGINT from now on. A second one leaves at once, with the exit code by which a
 * shell reports a death by that signal.
 */
export function firstSignal(leave: Leave): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isStopping = false;
    for (const [name, number] of Object.entries(NUMBERS)) {
      process.on(name, () => {
        if (isStopping) leave(128 + number);
        isStopping = true;
        resolve(name as NodeJS.Signals);
      });
    }
  });
}
