import t from 'tap';
import { credentialsIn, redactHeaders, redactTarget, redactText } from '../src/redaction.ts';

const KEY = 'CCSB-a1b2c3d4-e5f6g7h8i9j0';

t.test('headers that carry credentials keep their scheme and nothing else', async (t) => {
  const rows: [name: string, value: string, shown: string][] = [
    ['authorization', 'Bearer abc', 'Bearer [redacted]'],
    ['authorization', 'basic abc', 'basic [redacted]'],
    ['authorization', 'abc', '[redacted]'],
    ['proxy-authorization', 'Digest abc', 'Digest [redacted]'],
    ['x-forwarded-authorization', 'abc', '[redacted]'],
    ['x-chatcaptain-key', 'abc', '[redacted]'],
    ['cookie', 'a=b', '[redacted]'],
    ['set-cookie', 'a=b', '[redacted]'],
    ['x-api-key', 'abc', '[redacted]'],
    ['x-auth-token', 'abc', '[redacted]'],
    ['x-client-secret', 'abc', '[redacted]'],
    ['idempotency-key', 'abc', 'abc'],
    ['x-tokens-left', '3', '3'],
    ['content-type', 'application/json', 'application/json'],
  ];
  for (const [name, value, shown] of rows)
    t.same(redactHeaders({ [name]: value }), { [name]: shown }, `${name}: ${value}`);
  t.same(redactHeaders({ cookie: ['a', 'b'], 'content-length': 3, x: undefined }), {
    cookie: ['[redacted]', '[redacted]'],
    'content-length': '3',
  });
  t.same(redactHeaders({ 'x-note': `see ${KEY} and my-secret-1` }, ['my-secret-1']), {
    'x-note': 'see [redacted] and [redacted]',
  });
});

t.test('the credentials that a request presents are taken out of everything it says', async (t) => {
  const given = credentialsIn({ authorization: 'Bearer long-enough', 'x-chatcaptain-key': 'another-one' });
  t.same(given, ['long-enough', 'another-one']);
  t.equal(redactText('{"a":"long-enough","b":"another-one"}', given), '{"a":"[redacted]","b":"[redacted]"}');
  t.same(credentialsIn({}), []);
  t.same(credentialsIn({ authorization: 'Bearer name' }), [], 'a short word stands in too many innocent texts');
  t.same(credentialsIn({ authorization: 'Bearer "}{",":1' }), [], 'what cannot be a token would only break the text');
});

t.test('what looks like a token of ours goes wherever it stands', async (t) => {
  t.equal(redactText(`a ${KEY}, ${KEY}b`), 'a [redacted], [redacted]b');
  t.equal(redactText('CCSB-short'), 'CCSB-short');
});

t.test('query parameters named like a credential lose their values', async (t) => {
  t.equal(redactTarget('/v1/x'), '/v1/x');
  t.equal(
    redactTarget('/v1/x?a=1&token=abc&access_token=d%20e&api_key=f&b&password=g#h'),
    '/v1/x?a=1&token=[redacted]&access_token=[redacted]&api_key=[redacted]&b&password=[redacted]',
  );
  t.equal(redactTarget(`/v1/inbox/${KEY}/conversations?q=${KEY}`), '/v1/inbox/[redacted]/conversations?q=[redacted]');
  t.equal(redactTarget('/v1/inbox/my-own-token', ['my-own-token']), '/v1/inbox/[redacted]');
});
