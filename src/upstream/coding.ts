// Reads bodies that came compressed.
import { promisify } from 'node:util';
import zlib from 'node:zlib';

type Decoder = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const DECODERS: Record<string, Decoder> = {
  gzip: promisify(zlib.gunzip) as Decoder,
  'x-gzip': promisify(zlib.gunzip) as Decoder,
  deflate: promisify(zlib.inflate) as Decoder,
  br: promisify(zlib.brotliDecompress) as Decoder,
  zstd: promisify(zlib.zstdDecompress) as Decoder,
};

/** A body without its content coding, or why there is none to read. */
export type Decoded = { bytes: Buffer; problem?: undefined } | { bytes?: undefined; problem: string };

/** @param largest how many bytes may come of it: little can be made of very much */
export async function decode(body: Buffer, coding: string, largest: number): Promise<Decoded> {
  if (body.length === 0) return { bytes: body };
  let bytes = body;
  // They are named in the order in which they were applied.
  for (const name of coding.split(',').reverse()) {
    const key = name.trim().toLowerCase();
    if (key === '' || key === 'identity') continue;
    const decoder = Object.hasOwn(DECODERS, key) ? DECODERS[key] : undefined;
    if (!decoder) return { problem: `comes in the coding ${key}, which is not read here` };
    try {
      bytes = await decoder(bytes, { maxOutputLength: largest });
    } catch (error) {
      return { problem: `is announced as ${key}, and cannot be read so (${(error as NodeJS.ErrnoException).code})` };
    }
  }
  return { bytes };
}
