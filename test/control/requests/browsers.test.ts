import t from 'tap';
import { startStub } from '../../../src/start.ts';
import { admin } from '../../support/admin.ts';
import { send, startTestStub, VALID } from '../../support/stub.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

t.test('a browser that follows the Link of a refusal is led to the page, a program gets the entry', async (t) => {
  const stub = await startTestStub(t);
  const { headers } = await stub.create(VALID, { headers: { authorization: 'Bearer wrong' } });
  const [, path = ''] = /^<(.*)>; rel="describedby"$/.exec(String(headers['link'])) ?? [];
  for (const method of ['GET', 'HEAD']) {
    const page = await stub.send({ method, path, headers: { accept: BROWSER } });
    t.equal(page.status, 303, method);
    t.equal(page.headers.location, path.replace('/__admin/', '/__admin/ui/'));
    t.match(page.headers, { vary: 'Accept', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    t.equal(page.text, '');
  }
  for (const accept of ['*/*', 'application/json', undefined]) {
    const entry = await stub.send({ method: 'GET', path, ...(accept && { headers: { accept } }) });
    t.match(entry, { status: 200, json: { status: 401 }, headers: { vary: 'Accept' } }, String(accept));
  }
  t.match(await admin(stub, 'GET', '/requests/none'), { status: 404, headers: { vary: 'Accept' } });
});

t.test('it is led there without a token and from any site, and is told nothing', async (t) => {
  await using stub = await startStub({ adminToken: 'admin' });
  const { headers } = await send(stub.url, { path: '/v1/nothing' });
  const from = { accept: BROWSER, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
  for (const id of [String(headers['x-stub-request-id']), 'none']) {
    const path = `/__admin/requests/${id}`;
    const { status, text, headers } = await send(stub.url, { method: 'GET', path, headers: from });
    t.same([status, text, headers.location], [303, '', `/__admin/ui/requests/${id}`]);
    t.equal((await send(stub.url, { method: 'GET', path })).status, 401, 'what the entry says is for its reader only');
  }
});

t.test('it is led nowhere else, whatever the id is made of', async (t) => {
  const stub = await startTestStub(t);
  const ids = [
    '%2F%2Fevil.example',
    '%2f..%2f..%2f..%2fevil',
    '%5C%5Cevil.example',
    '%0D%0ASet-Cookie:%20a=b',
    'http:%2F%2Fevil.example',
    '%00',
    '%E2%80%A8',
    '%3Fa=b%23c',
    '\'"<script>',
    '@evil.example',
    ':80',
    'x?token=secret#y',
  ];
  for (const id of ids) {
    const { status, headers } = await stub.send({
      method: 'GET',
      path: `/__admin/requests/${id}`,
      headers: { accept: BROWSER, host: 'evil.example' },
    });
    t.equal(status, 303, id);
    t.match(headers.location, /^\/__admin\/ui\/requests\/[A-Za-z0-9%.!~*'()_-]+$/, id);
    const { origin, pathname, search, hash } = new URL(String(headers.location), stub.url);
    t.same([origin, search, hash], [stub.url, '', ''], id);
    t.equal(
      decodeURIComponent(pathname.slice('/__admin/ui/requests/'.length)),
      decodeURIComponent(id.split('?')[0] ?? ''),
    );
  }
  for (const target of ['http://evil.example/__admin/requests/x', '/__admin/requests/x/', '/%5f_admin/requests/x']) {
    const { headers } = await stub.send({ method: 'GET', path: target, headers: { accept: BROWSER } });
    t.equal(headers.location, '/__admin/ui/requests/x', target);
  }
  for (const path of [
    '//evil.example/__admin/requests/x',
    '/__admin/requests//evil.example',
    '/__admin/requests/%ZZ',
  ]) {
    const answer = await stub.send({ method: 'GET', path, headers: { accept: BROWSER } });
    t.match([answer.status, answer.headers.location], [/4\d\d/, undefined], path);
  }
});

t.test('everything else of the control plane is for programs, whoever asks', async (t) => {
  const stub = await startTestStub(t);
  const headers = { accept: BROWSER };
  for (const [method, path, status] of [
    ['GET', '/requests', 200],
    ['GET', '/chatbots', 200],
    ['POST', '/requests/x/replay', 404],
    ['PATCH', '/requests/x', 405],
  ] as const) {
    const answer = await admin(stub, method, path, undefined, headers);
    t.match([answer.status, answer.headers.location], [status, undefined], path);
    t.equal((await admin(stub, method, path, undefined, { ...headers, host: 'evil.example' })).status, 403);
  }
});
