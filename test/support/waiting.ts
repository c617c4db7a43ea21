// What tests of waits need without a server: a journal in memory, entries, wishes.
import type { Test } from 'tap';
import { resolveSettings } from '../../src/config.ts';
import { openContext, type ServerContext } from '../../src/context.ts';
import type { Entry } from '../../src/control/requests/entry.ts';
import { compileMatch, type Match, selectionOf } from '../../src/control/requests/match.ts';
import { createLogger } from '../../src/logging.ts';

export async function open(t: Test): Promise<ServerContext> {
  const settings = resolveSettings({ options: { database: ':memory:', logLevel: 'silent' } });
  const context = openContext(settings, await createLogger({ level: 'silent', format: 'json' }));
  t.teardown(() => context.db.close());
  return context;
}

let made = 0;

export function entryOf(chatbotId: string | undefined, status: number): Entry {
  const message = { headers: {} };
  return {
    id: `id-${made++}`,
    time: new Date(0).toISOString(),
    method: 'POST',
    path: '/',
    chatbotId,
    status,
    durationMs: 0,
    request: message,
    response: message,
    decisions: [],
  };
}

export const signalsOf = () => ({ departure: new AbortController().signal, closing: new AbortController().signal });
export const wishOf = (match: Match, more = {}) => ({
  matches: compileMatch(match),
  selection: selectionOf(match),
  count: 1,
  timeoutMs: 60_000,
  ...more,
});
