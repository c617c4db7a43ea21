import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { pathOf, sendRaw, startTestStub, type TestStub } from '../../support/stub.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
/** One whose characters look different in a URL and in JSON. */
const ODD = 'odd/credential+of/mine==';

/** A text with every character written as its code. */
function spelled(text: string, prefix: string): string {
  return [...Buffer.from(text)].map((byte) => prefix + byte.toString(16)).join('');
}

/** Looks everywhere: in what the control plane shows, and in the bytes of the database. */
async function assertNowhere(t: Test, stub: TestStub, secrets: string[], entries: number): Promise<void> {
  const list = await stub.send({ method: 'GET', path: '/__admin/requests?limit=1000' });
  t.equal(list.json.requests.length, entries);
  const har = await stub.send({ method: 'GET', path: '/__admin/requests?format=har' });
  const wait = await stub.send({
    path: '/__admin/requests/wait',
    headers: JSON_TYPE,
    body: JSON.stringify({ match: { chatbotId: { $regex: '.' }, status: 299 }, timeoutMs: 0 }),
  });
  t.equal(wait.status, 408);
  const folder = path.dirname(stub.file);
  const files = readdirSync(folder).map((name): [string, string] => [
    name,
    readFileSync(path.join(folder, name), 'latin1'),
  ]);
  const places: [string, string][] = [['list', list.text], ['har', har.text], ['near misses', wait.text], ...files];
  for (const [place, text] of places) {
    for (const secret of secrets) t.notOk(text.includes(secret), `${place} without ${secret}`);
  }
}

t.test('no credential comes into the journal, wherever a request holds it', async (t) => {
  const stub = await startTestStub(t);
  const { credential } = stub.mint([{ permission: '*', resource: 'chatbots/*' }]);
  stub.mint([{ permission: '*', resource: 'chatbots/*' }], { token: ODD });
  const key = encodeURIComponent(ODD);
  const escaped = ODD.replaceAll('/', '\\/');
  const post = (target: string, headers: object, body: string) =>
    stub.send({ path: target, headers: { ...JSON_TYPE, ...headers }, body });
  // Without a channel: a conversation that is made holds what it was given.
  const body = JSON.stringify({ name: 'John Doe' });
  const bearer = { authorization: `Bearer ${ODD}` };
  await post(pathOf('x'), { authorization: `Bearer ${credential}` }, body);
  await post(pathOf('x'), { 'x-chatcaptain-key': credential }, body);
  await post(pathOf('x'), { authorization: ODD }, body);
  await post(pathOf('x'), { cookie: `session=${credential}`, 'x-api-key': ODD }, body);
  await post(`${pathOf('x')}?token=${key}&note=${credential}`, {}, body);
  await post(`${pathOf('x')}?note=${key}&again=${key.toLowerCase()}`, bearer, body);
  await post(pathOf(credential), bearer, body);
  await post(pathOf(credential.replaceAll('-', '%2D')), bearer, body);
  await post(pathOf(credential.replace('C', '%43')), {}, body);
  await post(`/v1/nothing/${key}?a=${spelled(ODD, '%')}`, bearer, body);
  await post('/%ZZ', bearer, body);
  await post(`/${credential}/%ZZ`, {}, body);
  await post(pathOf('x'), bearer, JSON.stringify({ name: ODD, note: credential }));
  await post(pathOf('x'), bearer, `{"name": "${escaped}", "channelId": ["${escaped}"]}`);
  await post(pathOf('x'), bearer, `${credential} ${ODD}`);
  const json = `{"${spelled(ODD, '\\u00')}": 1, "note": ["${spelled(credential, '\\u00')}"], "name": "\\u0043${credential.slice(1)}"}`;
  await post(pathOf('x'), bearer, json);
  await post(pathOf('x'), bearer, json.slice(1));
  await post(pathOf('x'), { ...bearer, [credential]: 'a', 'x-note': spelled(ODD, '%') }, body);
  await post(pathOf('x'), { 'x-chatcaptain-key': [ODD, ODD] }, JSON.stringify({ name: ODD }));
  await post(pathOf('x'), { authorization: `Bearer ${ODD} x` }, JSON.stringify({ name: ODD }));
  await post(pathOf('x'), { authorization: `Bearer x, Bearer ${ODD}` }, JSON.stringify({ name: ODD }));
  await post(pathOf('x'), { referer: `https://example.com/?token=${key}`, 'x-authtoken': ODD }, body);
  await post(`${pathOf('x')}?tok%65n=${key}&a=1;authToken=${ODD}#key=${ODD}`, {}, body);
  await post(`/v1/nothing?accessToken=${ODD}`, {}, body);
  await post(`/nothing?signature=${ODD}`, {}, body);
  const lines = [
    'authorization: Bearer x',
    `authorization: Bearer ${ODD}`,
    `x-note: ${ODD}`,
    'host: x',
    'connection: close',
  ];
  t.match(await sendRaw(stub.url, `GET /v1/${ODD} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`), /^HTTP\/1.1 404 /);
  await stub.send({
    path: pathOf('x'),
    headers: { ...JSON_TYPE, ...bearer },
    body: Buffer.concat([Buffer.from(`${credential} ${ODD}`), Buffer.of(255)]),
  });
  await post(pathOf('x'), { ...bearer, prefer: `error="${ODD} ${credential}", ${credential}=1` }, body);
  await assertNowhere(t, stub, [credential, credential.toLowerCase(), ODD, key, key.toLowerCase(), escaped], 28);
});

t.test('no credential of what is no HTTP comes into the journal', async (t) => {
  const stub = await startTestStub(t);
  const { credential } = stub.mint([{ permission: '*', resource: 'chatbots/*' }]);
  const lines = [
    `GET /v1/inbox/${ODD}?note=${ODD} HTTP/1.1\r\nauthorization: Bearer ${ODD}\r\nhost: ${ODD}\r\nbroken\r\n`,
    `GET /v1/inbox/${credential}?x-api-key=${ODD} HTTP/1.1\r\nhost: ${credential}\r\nbroken\r\n`,
    `GET /v1/x HTTP/1.1\r\nauthorization Bearer ${ODD}\r\n`,
    `GET /v1/x HTTP/1.1\r\nx: y\r\n${credential}: a\r\nx-anything: ${ODD}\r\nbroken\r\n`,
    `GET /v1/x HTTP/1.1\r\n: ${ODD}\r\n`,
    `GET /v1/x HTTP/1.1\r\nx: y\r\nauthorization: Bearer ${ODD} ${'a'.repeat(17_000)}\r\n`,
    `GET /${ODD} HTTP/1.1\r\nauthorization : Bearer ${ODD}\r\n`,
    `GET /${spelled(ODD, '%')} HTTP/1.1\r\nx-chatcaptain-key:${ODD}\r\n${ODD.replaceAll(/[/=]/g, '')}: a\r\nbroken\r\n`,
    `ABCDEFGHIJKL /v1/x HTTP/1.1\r\nauthorization: Bearer ABCDEFGHIJKL\r\n`,
    `POST ${pathOf('x')} HTTP/1.1\r\nhost: x\r\nx-chatcaptain-key: ${ODD}\r\ntransfer-encoding: chunked\r\n\r\n${ODD}`,
  ];
  for (const line of lines) t.match(await sendRaw(stub.url, `${line}\r\n`), /^HTTP\/1\.1 4/);
  await assertNowhere(t, stub, [credential, credential.toLowerCase(), ODD, 'ABCDEFGHIJKL'], lines.length);
  const unreadable = await sendRaw(stub.url, `${credential} / HTTP/1.1\r\n\r\n`);
  t.match(unreadable, /^HTTP\/1\.1 400 /);
  await assertNowhere(t, stub, [credential], lines.length);
});
