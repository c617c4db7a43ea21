// A request of the journal as a curl command.
import { quote } from '../shell.ts';
import { type RequestView, targetOf } from './row.ts';

/** What curl writes by itself, or what belonged to that one connection. */
const LEFT_OUT = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'x-stub-replay-of',
]);

/** In the place of what the journal does not keep. */
const REDACTED = '[redacted]';

/**
 * The command that sends the request again, for a POSIX shell. Credentials are not in the journal: `$STUB_TOKEN` stands
 * in their place.
 */
export function curlOf({ method, path, query, request }: RequestView, origin: string): string {
  const { headers, body, bodyEncoding } = request;
  const url = origin + targetOf({ path, ...(query !== undefined && { query }) });
  const words = ['curl -i --globoff --path-as-is', `-X ${quote(method)}`, withToken(url)];
  for (const [name, values] of Object.entries(headers)) {
    if (LEFT_OUT.has(name)) continue;
    for (const value of [values].flat()) words.push(`-H ${withToken(value === '' ? `${name};` : `${name}: ${value}`)}`);
  }
  if (body === undefined) return words.join(' \\\n  ');
  // curl would say that it is a form.
  if (headers['content-type'] === undefined) words.push("-H 'content-type:'");
  if (bodyEncoding === 'base64') {
    return [`printf %s ${quote(String(body))} | base64 -d | ${words[0]}`, ...words.slice(1), '--data-binary @-'].join(
      ' \\\n  ',
    );
  }
  return [...words, `--data-raw ${withToken(typeof body === 'string' ? body : JSON.stringify(body))}`].join(' \\\n  ');
}

function withToken(text: string): string {
  return text
    .split(REDACTED)
    .map((part, index) => (part === '' && index > 0 ? '' : quote(part)))
    .join('"$STUB_TOKEN"');
}
