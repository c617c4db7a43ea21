import t from 'tap';
import { createReader, type SentAnswer } from '../support/answers/reader.ts';

/** What is read of these bytes in pieces of a length; each answer in short, `!` for what is none. */
function read(text: string, length: number, methods: string[] = []): string[] {
  const heard: string[] = [];
  const inShort = ({ status, headers, text }: SentAnswer) => `${status} ${headers['x-a'] ?? ''} ${text}`;
  const left = [...methods];
  const reader = createReader(
    () => left.shift() === 'HEAD',
    (answer) => void heard.push(inShort(answer)),
    () => void heard.push('!'),
  );
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += length) reader.take(bytes.subarray(at, at + length));
  reader.end();
  return heard;
}

const answer = (body: string, more = '', status = '200 OK') =>
  `HTTP/1.1 ${status}\r\n${more}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n';

t.test('answers are told apart, however the bytes come', async (t) => {
  const rows: [name: string, text: string, heard: string[], methods?: string[]][] = [
    ['with a length', answer('ä{}', 'X-A: b\r\n'), ['200 b ä{}']],
    ['two of a name', answer('', 'x-a: b\r\nx-a:c\r\n'), ['200 b,c ']],
    ['behind each other', answer('a') + answer('') + answer('c'), ['200  a', '200  ', '200  c']],
    ['in chunks', `${chunked}\r\n1\r\na\r\nA\r\n0123456789\r\n0\r\n\r\n${answer('b')}`, ['200  a0123456789', '200  b']],
    ['chunks of nothing', `${chunked}\r\n0\r\n\r\n${answer('b')}`, ['200  ', '200  b']],
    ['to HEAD', `HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n${answer('b')}`, ['200  ', '200  b'], ['HEAD', 'GET']],
    ['without a body', `HTTP/1.1 204 No Content\r\n\r\n${answer('b')}`, ['204  ', '200  b']],
    ['behind a 100', `HTTP/1.1 100 Continue\r\n\r\n${answer('b')}`, ['200  b']],
    ['until the end', 'HTTP/1.1 200 OK\r\n\r\nabc', ['200  abc']],
    ['cut short', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc', []],
    ['a stream of events', `${chunked}content-type: text/event-stream\r\n\r\n3\r\na:b\r\n`, ['200  undefined']],
    [
      'one that ends',
      `${chunked}content-type: text/event-stream\r\n\r\n0\r\n\r\n${answer('b')}`,
      ['200  undefined', '200  b'],
    ],
    ['a long body', answer('x'.repeat(300_000)) + answer('b'), ['200  undefined', '200  b']],
    ['none', '\0\xff\r\n', ['!']],
    ['another protocol', 'HTTP/2.0 200 OK\r\n\r\n', ['!']],
    ['none behind one', `${answer('b')}no`, ['200  b', '!']],
    ['no status', 'HTTP/1.1 999 OK\r\n\r\n', ['!']],
  ];
  for (const [name, text, heard, methods] of rows) {
    for (const length of text.length > 1000 ? [7000, 1e6] : [1, 2, 3, 5, 1000]) {
      t.same(read(text, length, methods), heard, `${name}, in pieces of ${length}`);
    }
  }
});
