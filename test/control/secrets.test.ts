// No plain credential is anywhere but in the one answer that mints it.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { serve } from '../support/command.ts';
import { type Answer, pathOf, send, sendRaw, VALID } from '../support/stub.ts';

const ADMIN = 'admin-token-of-this-test';
const OWN = 'a-token-that-somebody-chose';
const KEY = 'a-fixture-token-of-this-test';

t.test('a credential is in the answer that mints it and nowhere else', async (t) => {
  const cwd = t.testdir({
    'fixtures.json': JSON.stringify({ chatbots: [{ id: 'shop', tokens: [{ name: 'ci', token: KEY }] }] }),
  });
  const args = ['--admin-token', ADMIN, '--log-level', 'trace', '--fixtures', 'fixtures.json'];
  const stub = await serve(t, args, { cwd });
  const answers: Answer[] = [];
  const ask = async (method: string, target: string, body?: unknown): Promise<Answer> => {
    const headers = {
      authorization: `Bearer ${ADMIN}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await send(stub.url, { method, path: `/__admin${target}`, headers, ...text });
    answers.push(answer);
    return answer;
  };
  const grants = [{ permission: '*', resource: 'chatbots/*' }];
  const chatbot = (await ask('POST', '/chatbots', { id: 'mine' })).json;
  const minted = (await ask('POST', '/tokens', { grants })).json;
  await ask('POST', '/tokens', { grants, token: OWN });
  const headers = { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' };
  const other = JSON.stringify({ grants, token: `${OWN}-again` });
  t.equal((await send(stub.url, { path: '/%5f%5fadmin/tokens', headers, body: other })).status, 201);
  answers.length = 0;
  const secrets = [ADMIN, OWN, KEY, chatbot.token as string, minted.token as string];
  for (const secret of secrets) t.ok(secret.length > 10);

  // Every way that a credential can come in, right or wrong.
  const json = { 'content-type': 'application/json' };
  for (const secret of secrets) {
    const body = JSON.stringify(VALID);
    const named = JSON.stringify({ ...VALID, name: 5, note: secret });
    const bearer = { ...json, authorization: `Bearer ${secret}` };
    await send(stub.url, { path: pathOf('mine'), headers: bearer, body });
    await send(stub.url, { path: pathOf('mine'), headers: bearer, body: named });
    await send(stub.url, { path: pathOf('mine'), headers: { ...json, 'x-chatcaptain-key': secret }, body: '{' });
    await send(stub.url, { path: pathOf('mine'), headers: { ...json, authorization: secret }, body });
    await send(stub.url, { path: pathOf('mine'), headers: { ...json, authorization: `Basic ${secret}` }, body });
    await send(stub.url, {
      path: pathOf('mine'),
      headers: { ...json, 'x-api-key': secret, cookie: `a=${secret}` },
      body,
    });
    await send(stub.url, { path: `${pathOf('mine')}?token=${secret}`, headers: json, body });
    await send(stub.url, { path: `${pathOf('%ZZ')}?access_token=${secret}`, headers: bearer, body });
    await send(stub.url, { path: `/nowhere?api_key=${secret}`, headers: bearer, body });
    await sendRaw(stub.url, `POST ${pathOf('mine')} HTTP/1.1\r\nhost: x\r\nauthorization : Bearer ${secret}\r\n\r\n`);
    await sendRaw(
      stub.url,
      `POST ${pathOf('mine')}?key=1&token=${secret} HTTP/1.1\r\nAuthorization: Bearer ${secret}\r\nbad header\r\n\r\n`,
    );
    const encoded = secret.replaceAll('-', '%2D');
    const escaped = secret.replaceAll('-', '\\u002d');
    await send(stub.url, { path: pathOf('mine'), headers: bearer, body: `{"name": "${escaped}", "${escaped}": 1}` });
    await send(stub.url, { path: `/v1/nothing/${encoded}?note=${encoded}`, headers: bearer });
    await send(stub.url, {
      path: pathOf('mine'),
      headers: { ...bearer, [secret]: 'a', referer: `/?key=${secret}` },
      body,
    });
    await send(stub.url, { path: `/nowhere?accessToken=${encoded}&tok%65n=${secret}` });
    await sendRaw(
      stub.url,
      `GET http://user:${secret}@localhost/nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
    );
    await ask('GET', `/clock?authToken=${encoded}`);
    await ask('GET', `/clock?token=${secret}`);
    await ask('GET', `/no-such-thing?token=${secret}`);
  }
  await ask('PUT', '/snapshots/all');
  const list = [
    '/chatbots',
    '/tokens',
    '/conversations',
    '/requests?limit=1000',
    '/requests?format=har',
    '/faults',
    '/snapshots',
  ];
  for (const target of [...list, '/clock', '/settings', '/openapi.json', '/fixtures.schema.json']) {
    t.equal((await ask('GET', target)).status, 200, target);
  }
  const { requests } = (await ask('GET', '/requests?limit=1000')).json;
  t.ok(requests.length >= secrets.length * 15, `${requests.length} entries`);
  for (const { id } of requests) await ask('GET', `/requests/${id}`);
  // Those that were let in are let in again.
  const again = await Promise.all(requests.map(({ id }: { id: string }) => ask('POST', `/requests/${id}/replay`)));
  t.same(
    again.map(({ json }) => json.status === 201),
    requests.map(({ status }: { status: number }) => status === 201),
  );
  await ask('GET', '/requests?limit=1000');
  await ask('POST', '/requests/wait', { match: { chatbotId: 'mine', status: 599 }, timeoutMs: 0 });
  await ask('POST', '/reset?all=true');
  await ask('POST', '/snapshots/all/restore?all=true');

  stub.child.kill('SIGTERM');
  const { stdout, stderr, code } = await stub.ended;
  t.equal(code, 0);
  const [, first = ''] = /Bearer (CCSB-\w{8}-\w{12})/.exec(stderr) ?? [];
  if (first !== '') t.equal(stderr.split(first).length, 2, 'the token of the first start is shown to people once');
  const files = readdirSync(path.join(cwd, 'data')).map((file) => readFileSync(path.join(cwd, 'data', file), 'latin1'));
  const places: [string, string][] = [
    ['an answer', answers.map(({ text, headers }) => `${JSON.stringify(headers)}${text}`).join('\n')],
    ['the log', stdout],
    ['the other stream', first === '' ? stderr : stderr.replace(first, '')],
    ['the database', files.join('\n')],
  ];
  for (const [place, text] of places) {
    t.ok(text.length > 100, `there is something to search: ${place}`);
    for (const [index, secret] of [...secrets, ...(first === '' ? [] : [first])].entries()) {
      t.notOk(text.includes(secret), `${place} holds secret ${index}`);
    }
  }
});
