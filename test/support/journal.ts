// What a test asks the journal.
import type { Test } from 'tap';
import type { RequestView } from '../../src/control/requests/view.ts';
import { admin } from './admin.ts';
import type { TestStub } from './stub.ts';

export async function entriesOf(stub: TestStub): Promise<RequestView[]> {
  return (await admin(stub, 'GET', '/requests?limit=1000')).json.requests;
}

/** The one entry that there is; the journal is empty afterwards. */
export async function onlyEntry(t: Test, stub: TestStub, name: string): Promise<RequestView> {
  const entries = await entriesOf(stub);
  t.equal(entries.length, 1, `${name}: one entry`);
  await admin(stub, 'DELETE', '/requests?all=true');
  return entries[0] as RequestView;
}

/** Waits until the journal holds something: what a client that is gone left cannot be waited for otherwise. */
export async function waitFor(stub: TestStub, match: object): Promise<RequestView[]> {
  return (await admin(stub, 'POST', '/requests/wait', { match, timeoutMs: 20_000 })).json.requests;
}
