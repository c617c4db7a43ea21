// Reads the answers in what a server writes on one connection, as they leave.

export interface SentAnswer {
  status: number;
  /** In lower case; several of a name stand in one list. */
  headers: Record<string, string | string[]>;
  /** Absent where only the head is told: of a stream of events, which need not end, and beside a long body. */
  text: string | undefined;
}

export interface Reader {
  take(bytes: Buffer): void;
  /** The connection is closed: an answer whose length nobody has said ends here. */
  end(): void;
}

const NOTHING: Buffer = Buffer.alloc(0);

/** What is sent to clients that take it slowly must not be held twice. In bytes. */
const LONGEST_BODY = 256 * 1024;

/** An answer whose head has come. */
interface Begun {
  answer: Omit<SentAnswer, 'text'>;
  /** Its body so far, and how long that is. */
  kept: Buffer[];
  size: number;
  /** Whether it has been told already. */
  isTold: boolean;
  isChunked: boolean;
  /** How many bytes come next, of the body or of a chunk of it. */
  left: number;
}

/**
 * @param isHead is asked at the head of each answer whether it is one to HEAD
 * @param heard gets each answer when it is complete, or as soon as no more of it will be told
 * @param unreadable gets what is no answer of HTTP, once: nothing behind it can be read
 */
export function createReader(
  isHead: () => boolean,
  heard: (answer: SentAnswer) => void,
  unreadable: (bytes: Buffer) => void,
): Reader {
  let pending = NOTHING;
  let begun: Begun | undefined;
  let isLost = false;

  function finish({ answer, kept, isTold }: Begun): void {
    begun = undefined;
    if (!isTold) heard({ ...answer, text: Buffer.concat(kept).toString() });
  }

  /** Returns whether there was a whole head. */
  function readHead(): boolean {
    const end = pending.indexOf('\r\n\r\n');
    const [line = '', ...lines] = pending.toString('latin1', 0, end === -1 ? pending.length : end).split('\r\n');
    const [, status] = /^HTTP\/1\.1 ([1-5]\d\d) [\x20-\x7e]*$/.exec(line) ?? [];
    if (status === undefined && (end !== -1 || !line.startsWith('HTTP/1.1 '.slice(0, line.length)))) {
      isLost = true;
      unreadable(pending);
      return false;
    }
    if (end === -1) return false;
    pending = pending.subarray(end + 4);
    if (status?.startsWith('1')) return true;
    const isEmpty = isHead() || status === '204' || status === '304';
    const headers = headersFrom(lines);
    const isTold = String(headers['content-type']).startsWith('text/event-stream');
    const isChunked = headers['transfer-encoding'] === 'chunked' && !isEmpty;
    const length = Number(headers['content-length'] ?? Number.POSITIVE_INFINITY);
    const answer = { status: Number(status), headers };
    if (isTold) heard({ ...answer, text: undefined });
    begun = { answer, kept: [], size: 0, isTold, isChunked, left: isEmpty || isChunked ? 0 : length };
    if (!isChunked && begun.left === 0) finish(begun);
    return true;
  }

  /** Returns whether anything could be read. */
  function readBody(current: Begun): boolean {
    if (current.left === 0) return readChunkSize(current);
    const piece = pending.subarray(0, current.left);
    pending = pending.subarray(piece.length);
    current.left -= piece.length;
    current.size += piece.length;
    if (current.size <= LONGEST_BODY) current.kept.push(piece);
    else if (!current.isTold) {
      current.isTold = true;
      current.kept = [];
      heard({ ...current.answer, text: undefined });
    }
    if (current.left === 0 && !current.isChunked) finish(current);
    return true;
  }

  function readChunkSize(current: Begun): boolean {
    // The end of the chunk before.
    const begin = pending[0] === 0x0d ? 2 : 0;
    const end = pending.indexOf('\r\n', begin);
    if (end === -1) return false;
    const size = Number.parseInt(pending.toString('latin1', begin, end), 16);
    const isLast = size === 0;
    if (isLast && pending.length < end + 4) return false;
    pending = pending.subarray(end + (isLast ? 4 : 2));
    current.left = size;
    if (isLast) finish(current);
    return true;
  }

  return {
    take(bytes) {
      if (isLost) return;
      pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
      while (!isLost && pending.length > 0) {
        if (!(begun ? readBody(begun) : readHead())) break;
      }
      // An empty piece of it would keep the whole of what has been read.
      if (pending.length === 0) pending = NOTHING;
    },
    end() {
      if (begun?.left === Number.POSITIVE_INFINITY) finish(begun);
    },
  };
}

function headersFrom(lines: string[]): SentAnswer['headers'] {
  const headers: Record<string, string | string[]> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}
