// Commands that a test runs in its own process, for what a process of their own would hide.
import type { Test } from 'tap';
import type { Ending } from '../../src/commands/signals.ts';
import { SettingsError } from '../../src/config.ts';
import { StartupError } from '../../src/startup-error.ts';

/** Runs a command that succeeds, and resolves with what it said to people. */
export async function heard(t: Test, command: () => Promise<Ending>): Promise<string> {
  const said = t.capture(process.stderr, 'write', () => true);
  try {
    t.equal(await command(), 0);
  } finally {
    said.restore();
  }
  return said()
    .map(({ args }) => String(args[0]))
    .join('');
}

/** The words in which a command is refused. */
export async function refusal(command: () => Promise<unknown>): Promise<string> {
  try {
    await command();
  } catch (error) {
    if (error instanceof StartupError || error instanceof SettingsError) return error.message;
    throw error;
  }
  return 'not refused';
}
