// What the tests of faults share.
import Sqlite from 'better-sqlite3';
import type { Fault } from '../../../src/control/faults/faults.ts';
import type { RequestRow } from '../../../src/control/requests/entry.ts';
import type { Decision } from '../../../src/decisions.ts';
import { admin } from '../../support/admin.ts';
import type { TestStub } from '../../support/stub.ts';

/** Makes a fault; anything but a 201 is an error. */
export async function makeFault(stub: TestStub, fault: unknown): Promise<Fault> {
  const answer = await admin(stub, 'POST', '/faults', fault);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json;
}

/** How often a fault has fired. */
export async function firedOf(stub: TestStub, { id }: { id: string }): Promise<number> {
  return (await admin(stub, 'GET', `/faults/${id}`)).json.fired;
}

/** Reads from the file, as another program. */
export function select<Row>(stub: TestStub, sql: string): Row[] {
  const db = new Sqlite(stub.file);
  try {
    return db.prepare<[], Row>(sql).all();
  } finally {
    db.close();
  }
}

export type JournalRow = Omit<RequestRow, 'decisions'> & { decisions: Decision[] };

/** Everything in the journal, oldest first. */
export async function journal(stub: TestStub): Promise<JournalRow[]> {
  // A transaction runs behind everything that was asked for before it.
  await admin(stub, 'DELETE', '/faults/none');
  return select<RequestRow>(stub, 'SELECT * FROM requests ORDER BY seq').map((row) => ({
    ...row,
    decisions: JSON.parse(row.decisions),
  }));
}

/** What the trail of a request says about faults. */
export function faultSteps({ decisions }: { decisions: Decision[] }): string[] {
  return decisions.filter(({ step }) => step === 'fault').map(({ outcome, detail }) => `${outcome}: ${detail}`);
}
