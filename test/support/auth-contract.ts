// What every protected operation answers to every kind of credential. One table; each operation's test runs it.
import type { OutgoingHttpHeaders } from 'node:http';
import type { Test } from 'tap';
import { type Answer, startTestStub, type TestStub } from './stub.ts';

export interface ProtectedOperation {
  permission: string;
  /** A valid request to the operation for this chatbot, with these headers added. */
  request: (stub: TestStub, chatbotId: string, headers: OutgoingHttpHeaders) => Promise<Answer>;
  /** The same with a body that its schema refuses. */
  invalidRequest: (stub: TestStub, chatbotId: string, headers: OutgoingHttpHeaders) => Promise<Answer>;
  /** What the operation would have left behind. */
  traces: (stub: TestStub) => unknown[];
  success: number;
}

const bearer = (token: string): OutgoingHttpHeaders => ({ authorization: `Bearer ${token}` });

/** Runs the table against one operation. */
export async function authContract(t: Test, operation: ProtectedOperation): Promise<void> {
  const { permission, success } = operation;
  const here = { permission, resource: 'chatbots/mine' };

  await t.test('401 with a challenge, and nothing done', async (t) => {
    const stub = await startTestStub(t);
    const good = stub.mint([here]).credential;
    const other = stub.mint([here]).credential;
    const revoked = stub.mint([here]);
    stub.revoke(revoked.token.id);
    const expired = stub.mint([here], { expiresIn: 1e-3 }).credential;
    const rows: [name: string, headers: OutgoingHttpHeaders, says: RegExp, challenge?: RegExp][] = [
      ['no credential', {}, /No credential.*x-chatcaptain-key/],
      ['an empty Authorization', { authorization: '' }, /must be Bearer/],
      ['Basic', { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` }, /must be Bearer/],
      ['the token without a scheme', { authorization: good }, /must be Bearer/],
      ['Bearer alone', { authorization: 'Bearer' }, /without a token/, /error="invalid_request"/],
      ['Bearer and a space', { authorization: 'Bearer ' }, /without a token/, /error="invalid_request"/],
      ['an unknown token', bearer('nobody'), /unknown/, /error="invalid_token"/],
      ['a good token with something behind it', bearer(`${good} x`), /unknown/, /error="invalid_token"/],
      ['an expired token', bearer(expired), /expired/, /error="invalid_token"/],
      ['a revoked token', bearer(revoked.credential), /revoked/, /error="invalid_token"/],
      ['an unknown key', { 'x-chatcaptain-key': 'nobody' }, /unknown/, /error="invalid_token"/],
      ['an empty key', { 'x-chatcaptain-key': '' }, /No credential/],
      ['a no-break space', { authorization: `Bearer\xa0${good}` }, /must be Bearer/],
      ['thousands of spaces', bearer(`x${' '.repeat(12_000)}y`), /unknown/, /error="invalid_token"/],
      ['two credentials that differ', { ...bearer(good), 'x-chatcaptain-key': other }, /differ/],
      ['a good key beside Basic', { authorization: 'Basic eA==', 'x-chatcaptain-key': good }, /must be Bearer/],
    ];
    for (const [name, headers, says, challenge = /^Bearer/] of rows) {
      const answer = await operation.request(stub, 'mine', headers);
      t.equal(answer.status, 401, name);
      t.match(answer.json, { message: says, error: 'Unauthorized', statusCode: 401 }, `${name}: body`);
      t.match(answer.headers['www-authenticate'], /^Bearer realm=/, `${name}: challenge`);
      t.match(answer.headers['www-authenticate'], challenge, `${name}: challenge`);
    }
    t.same(operation.traces(stub), [], 'nothing is left behind');
  });

  await t.test('403 for a good credential without the permission on this chatbot, and nothing done', async (t) => {
    const stub = await startTestStub(t);
    const rows: [name: string, grants: { permission: string; resource: string }[]][] = [
      ['another chatbot', [{ permission, resource: 'chatbots/other' }]],
      ['a chatbot whose id begins alike', [{ permission, resource: 'chatbots/min' }]],
      ['another kind of resource', [{ permission, resource: 'channels/mine' }]],
      ['another permission', [{ permission: 'chatbots.channels.list', resource: 'chatbots/mine' }]],
      ['the permission without its last segment', [{ ...here, permission: permission.replace(/\.[^.]+$/, '') }]],
      ['a prefix inside a segment', [{ ...here, permission: 'chatbots.inbox.conversation' }]],
      ['a longer segment with a star', [{ ...here, permission: 'chatbots.inboxes.*' }]],
      ['a longer permission', [{ ...here, permission: `${permission}.more` }]],
      ['no grants at all', []],
    ];
    for (const [name, grants] of rows) {
      const { credential } = stub.mint(grants);
      const answer = await operation.request(stub, 'mine', bearer(credential));
      t.equal(answer.status, 403, name);
      const message = `Insufficient permissions: ${permission} on chatbots/mine is required.`;
      t.same(answer.json, { message, error: 'Forbidden', statusCode: 403 }, `${name}: body`);
      const invalid = await operation.invalidRequest(stub, 'mine', bearer(credential));
      t.equal(invalid.status, 403, `${name}: 403 even when the body is invalid`);
    }
    t.same(operation.traces(stub), [], 'nothing is left behind');
  });

  await t.test('accepted: every way to hold the permission', async (t) => {
    const stub = await startTestStub(t);
    const many = Array.from({ length: 19 }, (_, index) => ({ permission, resource: `chatbots/other-${index}` }));
    const rows: [name: string, grants: { permission: string; resource: string }[]][] = [
      ['the permission on the chatbot', [here]],
      ['a star for the last segments', [{ ...here, permission: 'chatbots.inbox.*' }]],
      ['every permission on every chatbot', [{ permission: '*', resource: 'chatbots/*' }]],
      ['every permission on the chatbot', [{ permission: '*', resource: 'chatbots/mine' }]],
      ['one grant among twenty', [...many, here]],
    ];
    for (const [name, grants] of rows) {
      const { credential } = stub.mint(grants);
      t.equal((await operation.request(stub, 'mine', bearer(credential))).status, success, name);
    }
  });

  await t.test('accepted: every way to send the credential', async (t) => {
    const stub = await startTestStub(t);
    const { credential } = stub.mint([here], { expiresIn: 3600 });
    const rows: [name: string, headers: OutgoingHttpHeaders][] = [
      ['Bearer', { authorization: `Bearer ${credential}` }],
      ['bearer in lower case', { authorization: `bearer ${credential}` }],
      ['BEARER in upper case', { authorization: `BEARER ${credential}` }],
      ['a tab', { authorization: `Bearer\t${credential}` }],
      ['more spaces', { authorization: `Bearer   ${credential}  ` }],
      ['x-chatcaptain-key', { 'x-chatcaptain-key': credential }],
      ['both, the same', { authorization: `Bearer ${credential}`, 'x-chatcaptain-key': credential }],
    ];
    for (const [name, headers] of rows) {
      t.equal((await operation.request(stub, 'mine', headers)).status, success, name);
    }
    t.equal((await operation.invalidRequest(stub, 'mine', bearer(credential))).status, 400, 'and then validated');
  });

  await t.test('a token that another process revokes is refused from the next request on', async (t) => {
    const stub = await startTestStub(t);
    const { token, credential } = stub.mint([here]);
    t.equal((await operation.request(stub, 'mine', bearer(credential))).status, success);
    stub.revoke(token.id);
    t.equal((await operation.request(stub, 'mine', bearer(credential))).status, 401);
  });

  await t.test('STUB_UNAUTHENTICATED_STATUS=403 keeps to the documented statuses', async (t) => {
    const stub = await startTestStub(t, { unauthenticatedStatus: 403 });
    const answer = await operation.request(stub, 'mine', {});
    t.equal(answer.status, 403);
    t.match(answer.json, { message: /No credential/, error: 'Forbidden', statusCode: 403 });
    t.equal(answer.headers['www-authenticate'], undefined);
    t.same(operation.traces(stub), []);
  });
}
