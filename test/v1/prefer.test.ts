import t from 'tap';
import { MAX_DELAY } from '../../src/pause.ts';
import { parsePrefer } from '../../src/v1/prefer.ts';
import { pathOf, startTestStub, VALID } from '../support/stub.ts';

const prefer = (value: string) => ({ headers: { prefer: value } });

t.test('code= forces a status for one request, stores nothing, and says so', async (t) => {
  const stub = await startTestStub(t);
  for (const code of [400, 401, 403, 404, 405, 409, 418, 429, 500, 503, 599]) {
    const answer = await stub.create(VALID, prefer(`code=${code}`));
    t.equal(answer.status, code);
    t.match(answer.json, { message: `Forced by the request header Prefer: code=${code}.`, statusCode: code });
    t.type(answer.json.error, 'string');
    t.equal(answer.headers['preference-applied'], `code=${code}`);
    t.equal(answer.headers['retry-after'], code === 429 || code === 503 ? '1' : undefined, `${code}: Retry-After`);
    t.equal(answer.headers['www-authenticate'] !== undefined, code === 401, `${code}: WWW-Authenticate`);
    t.equal(answer.headers['allow'], code === 405 ? 'POST, OPTIONS' : undefined, `${code}: Allow`);
  }
  t.same(stub.rows(), []);
  const next = await stub.create(VALID);
  t.equal(next.status, 201);
  t.equal(next.headers['preference-applied'], undefined);
});

t.test('code=201 is what happens anyway: stored, and said to be applied', async (t) => {
  const stub = await startTestStub(t);
  const answer = await stub.create(VALID, prefer('code=201'));
  t.equal(answer.status, 201);
  t.equal(answer.headers['preference-applied'], 'code=201');
  t.equal(stub.rows()[0]?.id, answer.json.conversationId);
});

t.test('error= answers 201 with that error, without conversationId, and stores nothing', async (t) => {
  const stub = await startTestStub(t);
  const texts: [header: string, error: string][] = [
    ['error="Channel is full, try later; or not"', 'Channel is full, try later; or not'],
    ['error="say \\"no\\" \\\\ twice"', 'say "no" \\ twice'],
    ['error=busy', 'busy'],
    ['error=""', ''],
    ['ERROR = "spaced"', 'spaced'],
    [Buffer.from('error="überfüllt 🙈"').toString('latin1'), 'überfüllt 🙈'],
  ];
  for (const [header, error] of texts) {
    const answer = await stub.create(VALID, prefer(header));
    t.equal(answer.status, 201, header);
    t.same(answer.json, { error }, header);
    t.equal(answer.headers['preference-applied'], 'error', header);
  }
  t.same(stub.rows(), []);
});

t.test('delay= waits that long and then does what it would have done', async (t) => {
  const stub = await startTestStub(t);
  const begin = performance.now();
  const answer = await stub.create(VALID, prefer('delay=150'));
  t.ok(performance.now() - begin >= 149, 'not earlier');
  t.equal(answer.status, 201);
  t.equal(answer.headers['preference-applied'], 'delay=150');
  t.equal(stub.rows().length, 1);
});

t.test('preferences combine, in one header or several; a code wins over an error', async (t) => {
  const stub = await startTestStub(t);
  const both = await stub.create(VALID, prefer('code=503;reason=x, delay=1, error="no"'));
  t.equal(both.status, 503);
  t.equal(both.headers['preference-applied'], 'code=503, delay=1', 'what was not applied is not named');
  const several = await stub.create(VALID, { headers: { prefer: ['delay=1', 'code=409'] } });
  t.equal(several.status, 409);
  t.equal(several.headers['preference-applied'], 'code=409, delay=1');
});

t.test('a preference that cannot be honoured is ignored (RFC 7240)', async (t) => {
  const stub = await startTestStub(t);
  const headers = ['code=200', 'code=302', 'code=600', 'code=abc', 'code', 'code=-1', `delay=${MAX_DELAY + 1}`];
  for (const header of [...headers, 'delay=soon', 'return=minimal', 'respond-async', '', ',', '=', '"', 'code=4 0 3']) {
    const answer = await stub.create(VALID, prefer(header));
    t.equal(answer.status, 201, header);
    t.equal(answer.headers['preference-applied'], undefined, header);
  }
  t.equal(stub.rows().length, headers.length + 8);
});

t.test('a preference never hides a request that is wrong', async (t) => {
  const stub = await startTestStub(t);
  t.equal((await stub.create({}, prefer('code=503'))).status, 400);
  t.equal((await stub.create('{', prefer('code=503'))).status, 400);
  const nobody = await stub.send({ path: pathOf('x'), headers: { prefer: 'code=503' } });
  t.equal(nobody.status, 401);
  t.equal(nobody.headers['preference-applied'], undefined);
});

t.test('STUB_PREFER=off ignores them all', async (t) => {
  const stub = await startTestStub(t, { prefer: 'off' });
  const answer = await stub.create(VALID, prefer('code=503'));
  t.equal(answer.status, 201);
  t.equal(answer.headers['preference-applied'], undefined);
});

t.test('closing the server ends a delay early: the request is answered, not lost', async (t) => {
  const stub = await startTestStub(t);
  const begin = performance.now();
  const pending = stub.create(VALID, prefer('delay=60000'));
  // The delayed request has arrived once one sent after it is answered.
  await stub.create(VALID);
  await stub.stub.close();
  t.equal((await pending).status, 201);
  t.ok(performance.now() - begin < 30_000);
  t.equal(stub.rows().length, 2);
});

t.test('reading the header: the first of two equal names counts, quotes protect separators', async (t) => {
  t.same(
    [...parsePrefer('a=1, A=2, b="x, y; z" ; p=q, c')],
    [
      ['a', '1'],
      ['b', 'x, y; z'],
      ['c', ''],
    ],
  );
  t.same([...parsePrefer('a="unclosed, b=2')], [['a', '"unclosed, b=2']]);
  t.same([...parsePrefer('a="ends with \\')], [['a', '"ends with \\']]);
});
