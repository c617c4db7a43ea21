// The journal as an HTTP archive (HAR 1.2), which browsers' developer tools and many others open.
import { readFileSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { packageRoot } from '../../package-root.ts';
import type { Entry, Message } from './entry.ts';

/** HAR wants a version of HTTP, and the journal keeps none. */
const COMMENT = 'httpVersion is that of the answers. The requests may have been HTTP/1.0.';

/** Yields the text of an archive, entry by entry. */
export async function* harOf(entries: AsyncIterable<Entry>): AsyncGenerator<string, void, void> {
  const { name, version } = JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8'));
  const head = { version: '1.2', creator: { name, version }, comment: COMMENT };
  yield `{"log":${JSON.stringify(head).slice(0, -1)},"entries":[`;
  let separator = '';
  for await (const entry of entries) {
    yield separator + JSON.stringify(harEntryOf(entry));
    separator = ',';
  }
  yield ']}}';
}

function harEntryOf(entry: Entry): object {
  const { time, durationMs, request, response, status = 0 } = entry;
  const text = textOf(request);
  const content = textOf(response);
  return {
    // The journal knows when the answer left.
    startedDateTime: new Date(Date.parse(time) - durationMs).toISOString(),
    time: durationMs,
    request: {
      method: entry.method,
      url: urlOf(entry),
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: headersOf(request),
      queryString: [...new URLSearchParams(entry.query)].map(([name, value]) => ({ name, value })),
      ...(text.text !== undefined && {
        postData: {
          mimeType: mediaTypeOf(request),
          text: text.text,
          ...(text.encoding && { _encoding: text.encoding }),
        },
      }),
      headersSize: -1,
      bodySize: sizeOf(request),
    },
    response: {
      status,
      statusText: STATUS_CODES[status] ?? '',
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: headersOf(response),
      content: { size: sizeOf(response), mimeType: mediaTypeOf(response), ...content },
      redirectURL: '',
      headersSize: -1,
      bodySize: sizeOf(response),
    },
    cache: {},
    timings: { send: 0, wait: durationMs, receive: 0 },
    _id: entry.id,
    _chatbotId: entry.chatbotId ?? null,
    _decisions: entry.decisions,
    ...(entry.upstream && { _upstream: entry.upstream }),
  };
}

function urlOf({ request, path, query }: Entry): string {
  const { origin = 'http://localhost' } = URL.parse(`http://${request.headers['host'] ?? ''}`) ?? {};
  return `${origin}${path}${query === undefined ? '' : `?${query}`}`;
}

function headersOf({ headers }: Message): { name: string; value: string }[] {
  return Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value) => ({ name, value })));
}

function mediaTypeOf({ headers }: Message): string {
  return String(headers['content-type'] ?? '');
}

function sizeOf({ body = '' }: Message): number {
  return Buffer.byteLength(body);
}

function textOf({ body }: Message): { text?: string; encoding?: 'base64' } {
  if (body === undefined) return {};
  return typeof body === 'string' ? { text: body } : { text: body.toString('base64'), encoding: 'base64' };
}
