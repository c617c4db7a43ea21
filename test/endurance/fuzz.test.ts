// The data plane under arbitrary requests: path, method, headers, body and credentials, as bytes on real sockets.
import Sqlite from 'better-sqlite3';
import fc from 'fast-check';
import t from 'tap';
import { createConformance } from '../../src/contract/conformance.ts';
import type { ConversationRow } from '../../src/v1/inbox/conversation.ts';
import { admin } from '../support/admin.ts';
import { startTestStub } from '../support/stub.ts';
import { BODY_LIMIT, expect } from './support/oracle.ts';
import { meet } from './support/people.ts';
import { broken, closing, framed } from './support/requests.ts';
import { holds } from './support/seed.ts';
import { bytesOf, type Conversation, converse, type WireAnswer, type WireRequest } from './support/wire.ts';

/** What is sent on one connection: requests that can be told apart, maybe one that breaks HTTP, and where packets end. */
interface Batch {
  requests: WireRequest[];
  last: WireRequest | null;
  cuts: number[];
}

const ERROR = '/components/schemas/StubErrorBody';
const CREATED = '/components/schemas/CreateInboxConversationResponseDto';
const OPERATION = '/v1/inbox/{chatbotId}/conversations';

t.test('whatever is sent: an answer in a declared shape, in time, no 5xx, stored exactly when 201', async (t) => {
  const stub = await startTestStub(t, { bodyLimit: BODY_LIMIT, journalEntries: 1000 });
  const people = meet(stub);
  const { json: document } = await stub.send({ method: 'GET', path: '/openapi.json' });
  const { ofBody } = createConformance(document);
  const declared = Object.keys(document.paths[OPERATION].post.responses);
  const db = new Sqlite(stub.file, { readonly: true });
  t.teardown(() => db.close());
  const countRows = db.prepare<[], number>('SELECT count(*) FROM conversations').pluck();
  const findRow = db.prepare<[string], ConversationRow>('SELECT * FROM conversations WHERE id = ?');
  const findEntry = db.prepare<[string], { status: number | null }>('SELECT status FROM requests WHERE id = ?');
  const [smallest, largest] = [{ seen: 0 }, { resets: 0 }];

  function assertShape({ status, headers, body }: WireAnswer, method: string): void {
    assert(status < 500, `${status} ${body}`);
    assert(/^[A-Za-z0-9]{20}$/.test(headers['x-stub-request-id'] ?? ''), `no request id beside ${status}`);
    if (method === 'HEAD' || status === 204) return;
    assert(headers['content-type'] === 'application/json; charset=utf-8', `${headers['content-type']} for ${status}`);
    const json = JSON.parse(body.toString());
    // A target that is no path can be read as the root, which says what this server is.
    if (status === 200) return;
    const wrong = ofBody(status === 201 ? CREATED : ERROR, json);
    assert(wrong.length === 0, `${JSON.stringify(wrong)} in ${body}`);
    assert(status === 201 || json.statusCode === status, `${status} with ${body}`);
  }

  /** Returns whether a conversation was stored. */
  function assertStored(answer: WireAnswer, row: Partial<ConversationRow> | undefined): boolean {
    const { conversationId: id } = answer.status === 201 ? JSON.parse(answer.body.toString()) : {};
    if (id === undefined) return false;
    const stored = findRow.get(id);
    assert(row && stored, `${id} is ${stored ? 'stored' : 'not stored'}`);
    for (const [key, value] of Object.entries(row)) {
      assert(stored[key as keyof ConversationRow] === value, `${key} of ${JSON.stringify(stored)} is not ${value}`);
    }
    return true;
  }

  function assertAnswered({ requests, last }: Batch, { answers, wasReset, hangs }: Conversation): number {
    assert(!hangs, 'it hangs');
    const closing = answers.findIndex(({ headers }) => headers['connection'] === 'close');
    const isWhole = answers.length >= requests.length || (closing !== -1 && closing === answers.length - 1) || wasReset;
    assert(isWhole, `${answers.length} answers to ${requests.length} requests`);
    if (wasReset) largest.resets += 1;
    let stored = 0;
    for (const [index, answer] of answers.entries()) {
      const request = requests[index];
      assertShape(answer, request?.method ?? 'POST');
      const entry = findEntry.get(answer.headers['x-stub-request-id'] as string);
      if (!request) {
        assert(last, 'an answer to nothing');
        assert(!entry || entry.status === answer.status, `the journal has ${entry?.status} for ${answer.status}`);
        if (assertStored(answer, expect({ ...last, framing: 'length' }, people).row ?? {})) stored += 1;
        continue;
      }
      const { statuses, row, isOperation } = expect(request, people);
      assert(statuses.includes(answer.status), `${answer.status} ${answer.body}, not ${statuses.slice(0, 3)}`);
      const isDeclared = request.method !== 'POST' || declared.includes(`${answer.status}`);
      assert(!isOperation || isDeclared || hasPrefer(request), `${answer.status} is not declared`);
      assert(entry?.status === answer.status, `the journal has ${entry?.status} for ${answer.status}`);
      if (assertStored(answer, row)) stored += 1;
    }
    smallest.seen += answers.length;
    return stored;
  }

  const keeping = fc.array(framed(people), { minLength: 1, maxLength: 5 });
  const cuts = fc.array(fc.nat({ max: 8000 }), { maxLength: 8 });
  const batch: fc.Arbitrary<Batch> = fc.oneof(
    fc.record({ requests: keeping, last: fc.option(broken(people)), cuts }),
    fc
      .tuple(keeping, closing(people), cuts)
      .map(([requests, end, cuts]) => ({ requests: [...requests, end], last: null, cuts })),
  );
  await holds(
    t,
    400,
    fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 4 }), async (batches) => {
      const before = countRows.get() as number;
      const conversations = await Promise.all(
        batches.map(({ requests, last, cuts }) => {
          const bytes = Buffer.concat([...requests, ...(last ? [last] : [])].map(bytesOf));
          const methods = requests.map(({ method }) => method);
          return converse(stub.url, bytes, cuts, methods);
        }),
      );
      // Behind everything that was written before.
      await admin(stub, 'GET', '/requests/none');
      const stored = batches.map((one, index) => assertAnswered(one, conversations[index] as Conversation));
      const more = (countRows.get() as number) - before - stored.reduce((sum, count) => sum + count, 0);
      // An answer that a reset has taken with it may have been a 201.
      assert(more === 0 || (more > 0 && conversations.some(({ wasReset }) => wasReset)), `${more} more are stored`);
    }),
  );
  t.ok(smallest.seen > 100, `${smallest.seen} answers, ${largest.resets} connections reset`);
});

function hasPrefer({ headers }: WireRequest): boolean {
  return headers.some(([name]) => name === 'prefer');
}

function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
