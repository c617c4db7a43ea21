import t from 'tap';
import { describeSettings } from '../../src/config.ts';
import { admin } from '../support/admin.ts';
import { startTestStub } from '../support/stub.ts';

t.test('every setting as it took effect, and no secret', async (t) => {
  const adminToken = 'the-admin-token';
  const stub = await startTestStub(t, { token: 'the-data-token', adminToken, bodyLimit: 5000, seed: 42 });
  const answer = await admin(stub, 'GET', '/settings', undefined, { authorization: `Bearer ${adminToken}` });
  t.equal(answer.status, 200);
  t.match(answer.json.version, /^\d+\.\d+\.\d+/);
  t.same(
    Object.keys(answer.json.settings),
    describeSettings().map(({ name }) => name),
  );
  t.match(answer.json.settings, {
    bodyLimit: 5000,
    seed: '42',
    token: '[redacted]',
    adminToken: '[redacted]',
    fixtures: null,
    prefer: 'on',
  });
  t.notMatch(answer.text, /the-(admin|data)-token/);
});
