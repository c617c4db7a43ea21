import type { Database } from 'better-sqlite3';
import t from 'tap';
import { resolveSettings } from '../../../src/config.ts';
import { openContext } from '../../../src/context.ts';
import { createEntries, type Selection } from '../../../src/control/requests/entries.ts';
import { createLogger } from '../../../src/logging.ts';

t.test('what is read of one chatbot is found by the index and needs no sorting, whatever else is asked', async (t) => {
  const settings = resolveSettings({ options: { database: ':memory:', logLevel: 'silent' } });
  const { db } = openContext(settings, await createLogger({ level: 'silent', format: 'json' }));
  t.teardown(() => db.close());
  const prepared: string[] = [];
  const prepare = (sql: string) => {
    prepared.push(sql);
    return db.prepare(sql);
  };
  const entries = createEntries({ prepare } as unknown as Database);
  const selections: Selection[] = [
    { chatbotId: 'a' },
    { chatbotId: 'a', method: 'POST', path: '/', status: [400, 499] },
    { chatbotId: 'a', status: null },
  ];
  for (const order of ['asc', 'desc'] as const) {
    for (const selection of selections) {
      const known = prepared.length;
      for await (const placed of entries.walk(selection, { order })) t.fail(placed.entry.id);
      const parameters = { chatbotId: '', method: '', path: '', lowest: 0, highest: 0, after: 0, limit: 0 };
      t.equal(prepared.length, known + 1);
      const plan = db.prepare(`EXPLAIN QUERY PLAN ${prepared.at(-1)}`).all(parameters) as { detail: string }[];
      t.match(plan, [{ detail: /^SEARCH requests USING INDEX requests_by_chatbot \(chatbot_id=\? AND seq[<>]\?\)$/ }]);
      t.equal(plan.length, 1);
      for await (const placed of entries.walk(selection, { order })) t.fail(placed.entry.id);
      t.equal(prepared.length, known + 1, 'prepared once');
    }
  }
});
