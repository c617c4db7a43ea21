// Takes credentials out of what is logged and journalled.
import type { IncomingHttpHeaders } from 'node:http';
import { BEARER_TOKEN } from './config.ts';

/** What stands in the place of a credential. */
export const REDACTED = '[redacted]';

/** Headers and query parameters that carry credentials, by name. */
const SECRET_NAME =
  /authorization|cookie|passw(?:or)?d|secret|^x-chatcaptain-key$|(?:^|[-_])(?:token|auth|jwt|api[-_]?key|access[-_]?key|credentials?)$/i;

/** What a token of this stub and a key of ChatCaptain's look like. */
const TOKEN_SHAPE = /CCSB-[A-Za-z0-9]{8}-[A-Za-z0-9]{12}/g;

/** Shorter ones would take too much of an innocent text with them. */
const SHORTEST = 8;
const BEARER = new RegExp(BEARER_TOKEN);

/** `Bearer abc` becomes `Bearer [redacted]`, and everything without a scheme in front `[redacted]`. */
function redactCredential(value: string): string {
  const scheme = /^(Bearer|Basic|Digest)(?= )/i.exec(value)?.[0];
  return scheme ? `${scheme} ${REDACTED}` : REDACTED;
}

/**
 * The credentials that a request presents, so that they can be taken out of everything else it says; also as they look
 * in a URL and in JSON.
 */
export function credentialsIn(headers: IncomingHttpHeaders): string[] {
  const values = [headers.authorization?.replace(/^\S+\s+/, ''), headers['x-chatcaptain-key']].flat();
  const known = values.filter((value) => value !== undefined && value.length >= SHORTEST && BEARER.test(value));
  return [...new Set((known as string[]).flatMap(spellingsOf))];
}

function spellingsOf(credential: string): string[] {
  if (!/[+/=]/.test(credential)) return [credential];
  const encoded = encodeURIComponent(credential);
  const lower = encoded.replace(/%../g, (code) => code.toLowerCase());
  return [credential, encoded, lower, credential.replaceAll('/', '\\/')];
}

/** Takes credentials out of a text: the given ones, and what looks like a token of ours. */
export function redactText(text: string, credentials: readonly string[] = []): string {
  let result = text.includes('CCSB-') ? text.replace(TOKEN_SHAPE, REDACTED) : text;
  for (const credential of credentials) result = result.replaceAll(credential, REDACTED);
  return result;
}

export function redactHeaders(
  headers: Readonly<Record<string, string | number | string[] | undefined>>,
  credentials: readonly string[] = [],
): Record<string, string | string[]> {
  const redacted: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    const redact = (text: string): string =>
      SECRET_NAME.test(name) ? redactCredential(text) : redactText(text, credentials);
    redacted[name] = Array.isArray(value) ? value.map(redact) : redact(String(value));
  }
  return redacted;
}

/** A request target (path and query). Values of query parameters that are named like a credential go, too. */
export function redactTarget(target: string, credentials: readonly string[] = []): string {
  const text = redactText(target, credentials);
  const start = text.indexOf('?');
  if (start === -1) return text;
  const query = text.slice(start + 1).replace(/([^&=]*)=([^&]*)/g, (parameter, name: string) => {
    return SECRET_NAME.test(name) ? `${name}=${REDACTED}` : parameter;
  });
  return `${text.slice(0, start)}?${query}`;
}
