import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import type { RequestView } from '../../../../src/control/requests/view.ts';
import { curlOf } from '../../../../src/inspector/page/requests/curl.ts';
import { type Sent, send, sendRaw, startTestStub, type TestStub } from '../../../support/stub.ts';
import { exampleRequest } from './example-request.ts';

const runInShell = async (command: string, env: NodeJS.ProcessEnv = {}): Promise<string> =>
  (await promisify(execFile)('sh', ['-c', `${command} 2>/dev/null`], { env: { ...process.env, ...env } })).stdout;

/** Sends a request, runs the curl line of its journal entry, and gives back the entries of both. */
async function twice(t: Test, stub: TestStub, sent: Sent | string, token = ''): Promise<[RequestView, RequestView]> {
  const entry = async (id: unknown): Promise<RequestView> =>
    (await fetch(`${stub.url}/__admin/requests/${id}`)).json() as Promise<RequestView>;
  const answer = typeof sent === 'string' ? await sendRaw(stub.url, sent) : await send(stub.url, sent);
  const id =
    typeof answer === 'string' ? /x-stub-request-id: (\w+)/.exec(answer)?.[1] : answer.headers['x-stub-request-id'];
  const first = await entry(id);
  const shown = await runInShell(curlOf(first, stub.url), { STUB_TOKEN: token });
  const [, again] = /x-stub-request-id: (\w+)/i.exec(shown) ?? [];
  t.ok(again, shown);
  return [first, await entry(again)];
}

const path = '/v1/inbox/shop/conversations';
const json = { 'content-type': 'application/json' };

t.test(
  "a copied line sends what came in: the same method, target, headers and body, with a token of one's own",
  async (t) => {
    const stub = await startTestStub(t, { token: 'a-token' });
    const authorization = 'Bearer a-token';
    const cases: [string, Sent][] = [
      ['plain', { path, headers: { ...json, authorization }, body: '{"name":"John Doe","channelId":"web"}' }],
      [
        'quotes',
        {
          path,
          headers: { ...json, authorization },
          body: JSON.stringify({ name: `a'b"c$(id)\`\\n\n`, channelId: '@web' }),
        },
      ],
      [
        'the other header',
        { path, headers: { ...json, 'x-chatcaptain-key': 'a-token' }, body: '{"name":"A","channelId":"w"}' },
      ],
      ['no JSON', { path, headers: { ...json, authorization }, body: '@{"name":\r\n"' }],
      ['a query, and what curl would expand', { path: `${path}?a=[1-3]&b={x,y}&c=%27`, headers: json, body: '[]' }],
      ['dots', { path: '/v1/../inbox/./x', headers: {} }],
      ['no type', { path, headers: { authorization }, body: 'name=x' }],
      ['bytes', { path, headers: { ...json, authorization }, body: Buffer.from([0xff, 0x00, 0xfe, 0x0a]) }],
      ['no body', { path, method: 'GET', headers: { accept: 'a/b' } }],
      [
        'another header twice, and an empty one',
        { path, headers: { ...json, 'x-a': ['1', "it's"], 'x-empty': '' }, body: '{}' },
      ],
      [
        'forced',
        { path, headers: { ...json, authorization, prefer: 'code=403' }, body: '{"name":"A","channelId":"w"}' },
      ],
    ];
    for (const [name, sent] of cases) {
      const [first, again] = await twice(t, stub, sent, 'a-token');
      const own = ({ headers }: RequestView['request']) =>
        Object.fromEntries(
          Object.entries(headers).filter(
            ([header]) => !/^(accept|user-agent|connection|content-length|host|transfer-encoding)$/.test(header),
          ),
        );
      t.same(
        [again.method, again.path, again.query, own(again.request), again.request.body, again.request.bodyEncoding],
        [first.method, first.path, first.query, own(first.request), first.request.body, first.request.bodyEncoding],
        name,
      );
      t.equal(again.status, first.status, name);
    }
  },
);

t.test('it holds no credential, and says where one belongs', async (t) => {
  const line = curlOf(exampleRequest(), 'http://localhost:4650');
  t.match(line, `-H 'authorization: Bearer '"$STUB_TOKEN"`);
  t.notMatch(line, 'redacted');
});
