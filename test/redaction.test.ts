import t from 'tap';
import { credentialsIn, redactHeaders, redactName, redactTarget, redactText } from '../src/redaction.ts';

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
    ['chatcaptain-key', 'abc', '[redacted]'],
    ['x-chatcaptainkey', 'abc', '[redacted]'],
    ['x-auth-key', 'abc', '[redacted]'],
    ['x-authtoken', 'abc', '[redacted]'],
    ['x-accesstoken', 'abc', '[redacted]'],
    ['authentication', 'Bearer abc', 'Bearer [redacted]'],
    ['x-hub-signature-256', 'abc', '[redacted]'],
    ['idempotency-key', 'abc', 'abc'],
    ['sec-websocket-key', 'abc', 'abc'],
    ['www-authenticate', 'Bearer realm="x"', 'Bearer realm="x"'],
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

t.test('headers that hold a URL show it as a target is shown', async (t) => {
  const rows: [name: string, value: string, shown: string][] = [
    ['referer', 'https://user:pw@example.com/a?b=1&token=abc', 'https://[redacted]@example.com/a?b=1&token=[redacted]'],
    ['location', '/a?api_key=abc#b', '/a?api_key=[redacted]#b'],
    ['x-original-url', '/a?sig=abc', '/a?sig=[redacted]'],
    ['x-note', 'see http://user:pw@example.com', 'see http://[redacted]@example.com'],
    ['user-agent', 'bot (+http://example.com/bot?a=1)', 'bot (+http://example.com/bot?a=1)'],
    ['link', '</__admin/requests/a>; rel="describedby"', '</__admin/requests/a>; rel="describedby"'],
  ];
  for (const [name, value, shown] of rows) t.same(redactHeaders({ [name]: value }), { [name]: shown }, name);
});

t.test('a header whose name is a credential loses its name', async (t) => {
  t.same(redactHeaders({ 'my-secret-1': 'a', [KEY.toLowerCase()]: 'b' }, ['My-Secret-1']), { '[redacted]': 'b' });
  t.equal(redactName(`x-${KEY.toLowerCase()}`, []), '[redacted]');
  t.equal(redactName(KEY.toLowerCase().replaceAll('-', '%2d'), []), '[redacted]');
  t.equal(redactName('ccsb-short', []), 'ccsb-short');
  t.equal(redactName('x-100%', ['My-Secret-1']), 'x-100%');
});

t.test('the credentials that a request presents are taken out of everything it says', async (t) => {
  const given = credentialsIn([
    'Host',
    'x',
    'Authorization',
    'Bearer long-enough',
    'X-ChatCaptain-Key',
    'long-enough-1',
  ]);
  t.same(given, ['long-enough-1', 'long-enough'], 'one may be the beginning of another');
  t.equal(redactText('{"a":"long-enough","b":"long-enough-1"}', given), '{"a":"[redacted]","b":"[redacted]"}');
  t.same(credentialsIn([]), []);
  const of = (value: string): string[] => credentialsIn(['authorization', value]);
  t.same(of('Bearer name'), [], 'a short word stands in too many innocent texts');
  t.same(of('Bearer "}{",":1'), [], 'what cannot be a token would only break the text');
  t.same(of('Negotiate YII'), [], 'a scheme is no credential');
});

t.test('each credential that a request presents counts, however its headers are written', async (t) => {
  const rows: [name: string, rawHeaders: string[]][] = [
    ['the key twice, as Node joins it', ['x-chatcaptain-key', 'long-enough, long-enough']],
    ['two headers', ['x-chatcaptain-key', 'short', 'x-chatcaptain-key', 'long-enough']],
    ['a second Authorization, which Node drops', ['authorization', 'Bearer x', 'Authorization', 'Bearer long-enough']],
    ['something behind it', ['authorization', 'Bearer long-enough x']],
    ['two in one', ['authorization', 'Bearer x, Bearer long-enough']],
    ['no scheme', ['authorization', 'long-enough x']],
    ['a tab', ['authorization', 'Bearer\tlong-enough']],
  ];
  for (const [name, rawHeaders] of rows) t.same(credentialsIn(rawHeaders), ['long-enough'], name);
});

t.test('a credential is found however it is spelled, and what stands around it is kept as it came', async (t) => {
  const given = ['odd/credential+of/mine==', 'odd/credential', 'long-enough'];
  const rows: [text: string, shown: string][] = [
    ['{"a": "\\u006cong-enough", "b":  1.0}', '{"a": "[redacted]", "b":  1.0}'],
    ['{"\\u006C\\u006fng\\u002denough":1}', '{"[redacted]":1}'],
    ['{"a":"odd\\/credential\\u002bof\\/mine=="}', '{"a":"[redacted]"}'],
    ['{"a":"\\\\u006cong-enough"}', '{"a":"[redacted]"}'],
    ['{"a":"\\"\\n", "b":"\\u00e4"}', '{"a":"\\"\\n", "b":"\\u00e4"}'],
    ['a%20odd%2Fcredential%2bof%2fmine%3D%3D%20b', 'a%20[redacted]%20b'],
    ['%6Cong%2Denough/%256cong-enough/%25256cong-enough', '[redacted]/[redacted]/[redacted]'],
    ['%4long-enough%', '%4[redacted]%'],
    ['%41odd/credential%20long-enough', '%41[redacted]%20[redacted]'],
    ['\\u0043CSB-a1b2c3d4-e5f6g7h8i9j0', '[redacted]'],
    ['CCSB%2Da1b2c3d4%2De5f6g7h8i9%6A0!', '[redacted]!'],
    ['100 % \\ 25 %25', '100 % \\ 25 %25'],
  ];
  for (const [text, shown] of rows) t.equal(redactText(text, given), shown, text);
  t.equal(redactText('%6Cong-enoughlong-enough-too', ['long-enough', 'enoughlong']), '[redacted]-too', 'they overlap');
});

t.test('text of a caller does not take a time that grows faster than it', async (t) => {
  // Each of these takes minutes where a pattern goes back for every character.
  for (const piece of ['\\', '%25', '\\u00', '//', '%', 'a']) {
    const text = piece.repeat(300_000);
    t.equal(redactText(text, ['long-enough']), text);
    t.type(redactTarget(text.slice(0, 100_000)), 'string');
  }
});

t.test('what looks like a token of ours goes wherever it stands', async (t) => {
  t.equal(redactText(`a ${KEY}, ${KEY}b`), 'a [redacted], [redacted]b');
  t.equal(redactText('CCSB-short'), 'CCSB-short');
});

t.test('query parameters named like a credential lose their values', async (t) => {
  const rows: [target: string, shown: string][] = [
    ['/v1/x', '/v1/x'],
    [
      '/v1/x?a=1&token=abc&access_token=d%20e&api_key=f&b&password=g#h',
      '/v1/x?a=1&token=[redacted]&access_token=[redacted]&api_key=[redacted]&b&password=[redacted]#h',
    ],
    [`/v1/inbox/${KEY}/conversations?q=${KEY}`, '/v1/inbox/[redacted]/conversations?q=[redacted]'],
    ['/x?a=1;token=abc;b=2', '/x?a=1;token=[redacted];b=2'],
    ['/x?a=1#token=abc', '/x?a=1#token=[redacted]'],
    ['/x#token=abc', '/x#token=[redacted]'],
    ['/x;token=abc/y?token', '/x;token=[redacted]/y?token'],
    ['/x?url=http://y?token=abc', '/x?url=http://y?token=[redacted]'],
    ['/x?url=http%3A%2F%2Fy%3Fa%3D1%26token%3Dabc&b=2', '/x?url=[redacted]&b=2'],
    ['/x?url=http%3A%2F%2Fuser%3Apw%40y&b=2', '/x?url=[redacted]&b=2'],
    ['/x?token%3Dabc&b%26token%3Dabc=1&c%3D1', '/x?[redacted]&[redacted]&c%3D1'],
    ['/x%3Ftoken=abc', '/x%3Ftoken=[redacted]'],
    ['/x%3Ftoken%3Dabc/y', '/[redacted]/y'],
    ['/x%3Fname=J%C3%B6rg?text=a%26b', '/x%3Fname=J%C3%B6rg?text=a%26b'],
  ];
  for (const [target, shown] of rows) t.equal(redactTarget(target), shown, target);
  t.equal(redactTarget('/v1/inbox/my-own-token', ['my-own-token']), '/v1/inbox/[redacted]');
  t.equal(redactTarget('/v1/inbox/%6Dy-own-token/x', ['my-own-token']), '/v1/inbox/[redacted]/x');
});

t.test('names of parameters are compared decoded, in any way of writing them', async (t) => {
  const secret = `accessToken authToken apiToken adminToken refreshToken chatcaptainKey token[] token%5B%5D token[a]
    tok%65n my+token my%20token key KEY api-key apikey x.api.key private_key privateKey sig signature bearer jwt
    client_secret credentials pwd passphrase token2`;
  for (const name of secret.split(/\s+/)) t.equal(redactTarget(`/?${name}=abc`), `/?${name}=[redacted]`, name);
  const harmless = 'idempotencyKey tokens_left keyword monkey sortKey config author page tokens description';
  for (const name of harmless.split(' ')) t.equal(redactTarget(`/?${name}=abc`), `/?${name}=abc`, name);
  for (let index = 0; index < 2000; index++) {
    redactTarget(`/?${index}=1&${'x'.repeat(200)}=1`);
  }
  t.equal(redactTarget('/?token=abc'), '/?token=[redacted]', 'also when many names have been seen');
});

t.test('the user in front of a host is not shown', async (t) => {
  t.equal(redactTarget('http://user:secret@localhost/v1/x?a=1'), '/v1/x?a=1');
  t.equal(redactTarget('//user:secret@localhost/v1/x'), '//[redacted]@localhost/v1/x');
  t.equal(redactTarget('ftp://user:secret@localhost/'), 'ftp://[redacted]@localhost/');
  t.equal(redactTarget('/v1/user@example.com'), '/v1/user@example.com');
});

t.test('a credential in a JSON Pointer is found', async (t) => {
  t.equal(redactText('body/a~1b~0c~1d: ~1 and ~0', ['a/b~c/d']), 'body/[redacted]: ~1 and ~0');
  t.equal(redactText('body/a~1b~c~1d', ['a/b~c/d']), 'body/[redacted]');
});
