import t from 'tap';
import { byName, hasPassed, outgoingHeaders, returnedHeaders } from '../../src/upstream/headers.ts';

const out = (rawHeaders: string[], more: object = {}) =>
  outgoingHeaders({ rawHeaders, body: Buffer.alloc(0), host: 'up', via: 'me', isPreferred: false, ...more });

t.test('what Connection names stays, in any case and number; names and values go out as they are', async (t) => {
  const raw = ['CONNECTION', 'X-A , x-b', 'x-A', '1', 'X-b', '2', 'x-C', 'ü', 'connection', 'x-d', 'X-D', '4'];
  t.same(out(raw), ['Host', 'up', 'x-C', 'ü', 'Via', '1.1 me', 'Connection', 'close']);
});

t.test('a length is announced where one was, and where a body came in pieces', async (t) => {
  const length = (raw: string[]) => {
    const headers = out(raw, { body: Buffer.from('abc') });
    const at = headers.indexOf('Content-Length');
    return at === -1 ? undefined : headers[at + 1];
  };
  t.equal(length([]), undefined);
  t.equal(length(['content-LENGTH', '3']), '3');
  t.equal(length(['Transfer-Encoding', 'chunked']), '3');
  t.equal(length(['x-note', 'content-length']), undefined, 'a value is no name');
});

t.test('a loop is known by the whole name of this stub, wherever it stands in Via', async (t) => {
  for (const via of ['1.1 me', '1.0 other, 1.1 me', '1.1 me (a comment)', 'HTTP/1.1 me,1.0 x', ['1.1 x', '1.1 me']]) {
    t.ok(hasPassed('me', via), String(via));
  }
  for (const via of [undefined, '', 'me', '1.1 me2', '1.1 x (1.1 me)', ',']) t.notOk(hasPassed('me', via), String(via));
});

t.test('headers by name: one value as it is, several as a list, and no name is special', async (t) => {
  t.same(
    byName(['A', '1', 'a', '2', 'B', '3', '__proto__', '4', 'a', '5']),
    Object.fromEntries([
      ['a', ['1', '2', '5']],
      ['b', '3'],
      ['__proto__', '4'],
    ]),
  );
  t.same([...returnedHeaders(['Link', '</a>', 'X-Stub-Request-Id', 'x', 'TE', 'x', 'Vary', '*'])], [['vary', ['*']]]);
  t.same([...returnedHeaders(['Link', '</a>', 'Link', '</b>'])], [['link', ['</a>', '</b>']]]);
});
