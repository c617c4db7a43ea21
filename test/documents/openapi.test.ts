import { readFileSync } from 'node:fs';
import type { OpenAPIV3 } from 'openapi-types';
import t from 'tap';
import { describeOperations } from '../../src/documents/openapi.ts';
import { startTestStub } from '../support/stub.ts';

const vendorText = readFileSync(new URL('../../contract/inbox-conversations.openapi.json', import.meta.url), 'utf8');
const vendor = JSON.parse(vendorText);

type Json = null | string | number | boolean | Json[] | { [key: string]: Json };

/** Every path at which `ours` lacks or changes something of `theirs`, and every path at which it adds something. */
function differences(theirs: Json, ours: Json | undefined, path = ''): { changed: string[]; added: string[] } {
  if (theirs === null || typeof theirs !== 'object' || Array.isArray(theirs) !== Array.isArray(ours)) {
    return { changed: theirs === ours ? [] : [path], added: [] };
  }
  if (ours === null || typeof ours !== 'object') return { changed: [path], added: [] };
  const left = theirs as Record<string, Json>;
  const right = ours as Record<string, Json>;
  const inner = Object.keys(left).map((key) => differences(left[key] as Json, right[key], `${path}/${key}`));
  return {
    changed: inner.flatMap(({ changed }) => changed),
    added: [
      ...inner.flatMap(({ added }) => added),
      ...Object.keys(right)
        .filter((key) => !(key in left))
        .map((key) => `${path}/${key}`),
    ],
  };
}

/** What our document has beyond the vendor's. Nothing else may differ. */
const POST = '/paths//v1/inbox/{chatbotId}/conversations/post';
const ADDITIONS = [
  '/info/description',
  '/security/0/bearer',
  '/security/1/chatcaptainKey',
  `${POST}/parameters/0/example`,
  `${POST}/requestBody/content/application/json/example`,
  `${POST}/responses/201/content/application/json/example`,
  ...['401', '404', '405', '408', '413', '431', '500', '503', 'default'].map((status) => `${POST}/responses/${status}`),
  '/components/schemas/StubErrorBody',
  '/components/securitySchemes',
];

t.test("/openapi.json is the vendor's document word for word, and the additions on the list", async (t) => {
  const stub = await startTestStub(t);
  const { status, json: ours } = await stub.send({ method: 'GET', path: '/openapi.json' });
  t.equal(status, 200);
  const { changed, added } = differences(vendor, ours);
  t.same(changed, []);
  t.same(added.sort(), ADDITIONS.sort());

  const { responses, parameters, requestBody } = ours.paths['/v1/inbox/{chatbotId}/conversations'].post;
  for (const [code, response] of Object.entries<Record<string, unknown>>(responses)) {
    t.equal(
      response['x-stub-added'] === true,
      !['201', '400', '403'].includes(code),
      `${code} is marked, or the vendor's`,
    );
  }
  t.equal(ours.components.schemas.StubErrorBody['x-stub-added'], true);
  t.match(ours.components.securitySchemes, {
    bearer: { type: 'http', scheme: 'bearer', 'x-stub-added': true },
    chatcaptainKey: { type: 'apiKey', in: 'header', name: 'x-chatcaptain-key', 'x-stub-added': true },
  });
  t.equal(parameters[0].example, 'sTjncRDMuTdv65ex4I05');
  t.match(requestBody.content['application/json'].example, { name: 'John Doe', email: 'john.doe@example.com' });
  t.same(responses['201'].content['application/json'].example, { conversationId: 'sTjncRDMuTdv65ex4I05' });
  const headersOf = (code: string) =>
    Object.entries<{ required: boolean }>(responses[code].headers).map(([name, { required }]) => `${name} ${required}`);
  t.same(headersOf('401'), ['WWW-Authenticate true', 'x-stub-request-id true', 'Link true']);
  t.same(headersOf('405'), ['Allow true', 'x-stub-request-id true', 'Link true']);
  t.same(headersOf('503'), ['Retry-After true', 'x-stub-request-id true', 'Link false']);
  t.match(responses['401'].headers['WWW-Authenticate'], { description: /Bearer/, schema: { type: 'string' } });
});

t.test('examples/schemathesis.toml sends the credential and the path that the document has', async (t) => {
  const text = readFileSync(new URL('../../examples/schemathesis.toml', import.meta.url), 'utf8');
  const stub = await startTestStub(t, { token: 'of-the-test' });
  const { json } = await stub.send({ method: 'GET', path: '/openapi.json' });
  const [[path, { post }] = ['', {}]] = Object.entries<Record<string, OpenAPIV3.OperationObject>>(json.paths);
  const [parameter] = (post?.parameters ?? []) as OpenAPIV3.ParameterObject[];
  const requestBody = post?.requestBody as OpenAPIV3.RequestBodyObject;
  const [, name, id = ''] = /^"path\.(\w+)" = "(\w+)"$/m.exec(text) ?? [];
  t.same({ name, example: id }, { name: parameter?.name, example: parameter?.example });
  const [, header = '', value = ''] = /^headers = \{ (\w+) = "(.+)" \}$/m.exec(text) ?? [];
  const answer = await stub.send({
    path: path.replace(`{${name}}`, id),
    headers: { [header]: value.replace(/\$\{STUB_TOKEN\}$/, 'of-the-test'), 'content-type': 'application/json' },
    body: JSON.stringify(requestBody.content['application/json']?.example),
  });
  t.equal(answer.status, 201);
});

t.test('the comparison notices any one word that changes', async (t) => {
  const strings: string[][] = [];
  const collect = (value: Json, path: string[]): void => {
    if (typeof value === 'string') strings.push(path);
    else if (value !== null && typeof value === 'object') {
      for (const [key, inner] of Object.entries(value)) collect(inner as Json, [...path, key]);
    }
  };
  collect(vendor, []);
  t.ok(strings.length > 30, 'there are words to change');
  const stub = await startTestStub(t);
  const { json: ours } = await stub.send({ method: 'GET', path: '/openapi.json' });
  for (const path of strings) {
    const changed = structuredClone(ours);
    const last = path.at(-1) as string;
    const parent = path.slice(0, -1).reduce((value, key) => value[key], changed);
    parent[last] += '!';
    t.same(differences(vendor, changed).changed, [`/${path.join('/')}`]);
    delete parent[last];
    if (!Array.isArray(parent)) t.same(differences(vendor, changed).changed, [`/${path.join('/')}`]);
  }
});

t.test('an operation without documentation stays out of the document', async (t) => {
  const app = await describeOperations(async (description) => {
    description.get('/undocumented', async () => 'x');
  });
  t.same(app.swagger().paths, {});
});

t.test('/openapi.vendor.json is the fragment byte for byte', async (t) => {
  const stub = await startTestStub(t);
  const answer = await stub.send({ method: 'GET', path: '/openapi.vendor.json' });
  t.equal(answer.status, 200);
  t.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
  t.equal(answer.text, vendorText);
});

t.test(
  '/docs and its files come from here, allow nothing from elsewhere, and try requests on this server',
  async (t) => {
    const stub = await startTestStub(t);
    for (const path of ['/docs', '/docs/']) {
      const page = await stub.send({ method: 'GET', path });
      t.equal(page.status, 200, path);
      t.match(page.headers['content-type'], /^text\/html/);
      t.match(page.headers['content-security-policy'], /default-src 'none'; script-src 'self';.*connect-src 'self'/);
      const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file as string);
      t.ok(files.length > 4);
      for (const file of files) {
        const address = new URL(file, stub.url + path);
        t.equal(address.origin, stub.url, `${file} is of this server`);
        t.equal((await stub.send({ method: 'GET', path: address.pathname })).status, 200, file);
      }
    }
    const document = await stub.send({ method: 'GET', path: '/docs/json' });
    t.same(document.json.servers, [{ url: '/', description: 'This stub' }]);
    t.equal((await stub.send({ method: 'GET', path: '/docs/nope' })).status, 404);
    t.equal(
      (await stub.send({ method: 'GET', path: '/openapi.json' })).json.servers[0].url,
      'https://api.chatcaptain.com',
    );
  },
);

t.test('/docs keeps to the connection and the cache of the browser that asks', async (t) => {
  const stub = await startTestStub(t);
  const page = await stub.send({ method: 'GET', path: '/docs' });
  t.equal(page.headers.connection, 'close', 'as the client asked');
  const head = await stub.send({ method: 'HEAD', path: '/docs' });
  t.equal(head.status, 200);
  t.equal(head.headers['content-length'], page.headers['content-length']);
  const path = '/docs/static/swagger-ui.css';
  const { etag } = (await stub.send({ method: 'GET', path })).headers;
  t.type(etag, 'string');
  const again = await stub.send({ method: 'GET', path, headers: { 'if-none-match': etag as string } });
  t.equal(again.status, 304);
  t.equal(again.text, '');
});
