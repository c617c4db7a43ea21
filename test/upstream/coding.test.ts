import zlib from 'node:zlib';
import t from 'tap';
import { decode } from '../../src/upstream/coding.ts';

const TEXT = Buffer.from('a text, '.repeat(100));

t.test('each coding is read, also several, the last one first', async (t) => {
  const coded: [coding: string, body: Buffer][] = [
    ['', TEXT],
    ['identity', TEXT],
    ['gzip', zlib.gzipSync(TEXT)],
    ['X-GZIP', zlib.gzipSync(TEXT)],
    ['deflate', zlib.deflateSync(TEXT)],
    ['br', zlib.brotliCompressSync(TEXT)],
    ['zstd', zlib.zstdCompressSync(TEXT)],
    ['gzip, br', zlib.brotliCompressSync(zlib.gzipSync(TEXT))],
    ['gzip,identity, ', zlib.gzipSync(TEXT)],
  ];
  for (const [coding, body] of coded) t.same(await decode(body, coding, 10_000), { bytes: TEXT }, coding);
});

t.test('nothing is nothing, in whatever coding', async (t) => {
  t.same(await decode(Buffer.alloc(0), 'compress', 10), { bytes: Buffer.alloc(0) });
});

t.test('what is not known, is not so, or becomes too large, is not read', async (t) => {
  const says = async (coding: string, body: Buffer) => (await decode(body, coding, 500)).problem;
  t.equal(await says('toString', TEXT), 'comes in the coding tostring, which is not read here');
  t.equal(await says('constructor', TEXT), 'comes in the coding constructor, which is not read here');
  for (const coding of ['gzip', 'deflate', 'br', 'zstd']) {
    t.match(await says(coding, TEXT), new RegExp(`^is announced as ${coding}, and cannot be read so \\(\\w+\\)$`));
  }
  t.match(await says('gzip', zlib.gzipSync(TEXT)), /ERR_BUFFER_TOO_LARGE/);
  t.match(await says('zstd', zlib.zstdCompressSync(TEXT)), /ERR_BUFFER_TOO_LARGE/);
});
