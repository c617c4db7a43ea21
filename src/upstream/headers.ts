// Which headers pass, in either direction: all that are about the message, as they came, and none that are about a connection.
import { OF_THE_CONNECTION } from '../hop-by-hop.ts';

/** Says in the journal which entry a request repeats: nothing for anybody else. */
const OWN = 'x-stub-replay-of';

/** Without those of the connection, and those that `Connection` names. */
function endToEnd(rawHeaders: readonly string[]): Pair[] {
  const pairs = pairsOf(rawHeaders);
  const nominated =
    gather(pairs)
      .get('connection')
      ?.join(',')
      .toLowerCase()
      .split(/\s*,\s*/) ?? [];
  return pairs.filter(([name]) => {
    const key = name.toLowerCase();
    return !OF_THE_CONNECTION.has(key) && !nominated.includes(key);
  });
}

export interface Outgoing {
  rawHeaders: readonly string[];
  body: Buffer;
  /** Of the upstream. */
  host: string;
  /** What this stub is called on the way. */
  via: string;
  /** Whether the stub itself has honoured the header `Prefer`. */
  isPreferred: boolean;
}

/**
 * The headers of the request to the upstream: names and values in turn. No `X-Forwarded-…` is added: the upstream should
 * answer as it would without the stub. `Via` is what RFC 9110 (section 7.6.3) asks for, and ends a loop.
 */
export function outgoingHeaders({ rawHeaders, body, host, via, isPreferred }: Outgoing): string[] {
  const passed = endToEnd(rawHeaders).filter(([name]) => {
    const key = name.toLowerCase();
    return key !== 'host' && key !== OWN && !(isPreferred && key === 'prefer');
  });
  // A body that was sent in chunks has been read, and its length is known.
  const isAnnounced = rawHeaders.some(
    (name, index) => index % 2 === 0 && /^(?:content-length|transfer-encoding)$/i.test(name),
  );
  const length = isAnnounced ? ['Content-Length', String(body.length)] : [];
  return ['Host', host, ...passed.flat(), 'Via', `1.1 ${via}`, ...length, 'Connection', 'close'];
}

/** Whether a request has passed this stub before. */
export function hasPassed(via: string, header: string | string[] | undefined): boolean {
  return [header ?? []].flat().some((value) => value.split(',').some((hop) => hop.trim().split(/\s+/)[1] === via));
}

/** The headers of the answer, by name in lower case. */
export function returnedHeaders(rawHeaders: readonly string[]): Map<string, string[]> {
  const headers = gather(endToEnd(rawHeaders));
  // Of another stub: its ids mean nothing on this one, and its link would lead to this one.
  if (headers.delete('x-stub-request-id')) headers.delete('link');
  return headers;
}

/** All headers of a message, by name in lower case, for the journal. */
export function byName(rawHeaders: readonly string[]): Record<string, string | string[]> {
  return Object.fromEntries([...gather(pairsOf(rawHeaders))].map(([name, values]) => [name, single(values)]));
}

/** One value as it is, several as a list. */
export function single(values: readonly string[]): string | string[] {
  return values.length === 1 ? (values[0] as string) : [...values];
}

type Pair = [name: string, value: string];

function pairsOf(rawHeaders: readonly string[]): Pair[] {
  const pairs: Pair[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    pairs.push([rawHeaders[index] as string, rawHeaders[index + 1] as string]);
  }
  return pairs;
}

function gather(pairs: readonly Pair[]): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    headers.set(key, [...(headers.get(key) ?? []), value]);
  }
  return headers;
}
