// Takes credentials out of what is logged and journalled.
import { BEARER_TOKEN } from './config.ts';
import { originForm } from './planes.ts';

/** What stands in the place of a credential. */
export const REDACTED = '[redacted]';

/** What a token of this stub and a key of ChatCaptain's look like. */
const TOKEN_SHAPE = /CCSB-[A-Za-z0-9]{8}-[A-Za-z0-9]{12}/g;
const TOKEN_SHAPE_IN_NAME = /ccsb-[a-z0-9]{8}-[a-z0-9]{12}/;

/** Shorter ones would take too much of an innocent text with them. */
const SHORTEST = 8;
const BEARER = new RegExp(BEARER_TOKEN);
/** What stands before a credential and is as long as one. */
const LONG_SCHEME = /^(?:negotiate|concealed|privatetoken|scram-sha-\d+)$/i;

/**
 * The credentials that a request presents, so that they can be taken out of everything else it says. Every header counts,
 * also one that Node drops or joins to another, and every part of it that can be a token.
 */
export function credentialsIn(rawHeaders: readonly string[]): string[] {
  const found = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    // Compared by their length first: this is done for each request.
    if (name.length !== 13 && name.length !== 17) continue;
    if (!/^(?:authorization|x-chatcaptain-key)$/i.test(name)) continue;
    for (const part of (rawHeaders[index + 1] as string).split(/[\s,]+/)) {
      if (part.length >= SHORTEST && BEARER.test(part) && !LONG_SCHEME.test(part)) found.add(part);
    }
  }
  // The longest first: one may be the beginning of another.
  return found.size < 2 ? [...found] : [...found].sort((a, b) => b.length - a.length);
}

/** A character of a credential as a URL, JSON and a JSON Pointer may write it, encoded more than once, too. */
const ESCAPE = /(?:(?<!\\)\\+u00|%(?:25)*)([2-7][\da-f])|(?<!\\)\\+\/|~[01]/gi;

function spellOut(text: string): string {
  return text.replace(ESCAPE, (whole, code?: string) => {
    if (code) return String.fromCharCode(Number.parseInt(code, 16));
    return whole === '~0' ? '~' : '/';
  });
}

/** Takes credentials out of a text, however they are spelled: the given ones, and what looks like a token of ours. */
export function redactText(text: string, credentials: readonly string[] = []): string {
  let result = /[%\\~]/.test(text) ? redactSpelled(text, credentials) : text;
  if (result.includes('CCSB-')) result = result.replace(TOKEN_SHAPE, REDACTED);
  for (const credential of credentials) {
    if (result.includes(credential)) result = result.replaceAll(credential, REDACTED);
  }
  return result;
}

/** Finds what is there only when the text is decoded, and leaves the rest of the text as it came. */
function redactSpelled(text: string, credentials: readonly string[]): string {
  const decoded = spellOut(text);
  if (decoded.length === text.length) return text;
  const spans = [...decoded.matchAll(TOKEN_SHAPE)].map(({ 0: found, index }) => [index, index + found.length] as const);
  for (const credential of credentials) {
    let at = decoded.indexOf(credential);
    for (; at !== -1; at = decoded.indexOf(credential, at + credential.length)) {
      spans.push([at, at + credential.length]);
    }
  }
  if (spans.length === 0) return text;
  const places = placesIn(text);
  let result = '';
  let covered = 0;
  for (const [from, to] of spans.sort(([a], [b]) => a - b)) {
    if (from >= covered) result += text.slice(places[covered], places[from]) + REDACTED;
    covered = Math.max(covered, to);
  }
  return result + text.slice(places[covered]);
}

/** Where in a text each character of its decoded form begins, and where the last one ends. */
function placesIn(text: string): number[] {
  const places: number[] = [];
  let next = 0;
  for (const { 0: whole, index } of text.matchAll(ESCAPE)) {
    while (next < index) places.push(next++);
    places.push(index);
    next = index + whole.length;
  }
  while (next <= text.length) places.push(next++);
  return places;
}

/** Names of headers and query parameters that carry credentials: in lower case, letters and digits only. */
const SECRET_NAME =
  /authorization|authentication|cookie|passw(?:or)?d|passphrase|secret|(?:auth|bearer|credentials?|hmac|jwt|pwd|sig|signature|token|(?:^x?|access|account|admin|api|app|auth|chatcaptain|client|master|private|session|shared|signing|subscription)key)\d*$/;

/** Headers that hold a URL, or a part of one. */
const URL_NAME = /(?:^|-)(?:referr?er|location|ur[il]|path)$/i;

type Kind = 'secret' | 'url' | 'other';

/** What was found out about names. */
const known = new Map<string, Kind>();
const MOST_KNOWN = 1000;
const LONGEST_KNOWN = 100;

/** What the name of a header or a parameter says about its value. */
function kindOf(name: string): Kind {
  const before = known.get(name);
  if (before !== undefined) return before;
  const decoded = spellOut(name).toLowerCase();
  // As PHP and others write lists and maps: token[], token[a].
  const [base = ''] = decoded.split('[', 1);
  const isSecret = [decoded, base].some((text) => SECRET_NAME.test(text.replace(/[^a-z0-9]/g, '')));
  const kind = isSecret ? 'secret' : URL_NAME.test(name) ? 'url' : 'other';
  if (known.size >= MOST_KNOWN) known.clear();
  if (name.length <= LONGEST_KNOWN) known.set(name, kind);
  return kind;
}

/** A copy of headers in which every credential is redacted. */
export function redactHeaders(
  headers: Readonly<Record<string, string | number | string[] | undefined>>,
  credentials: readonly string[] = [],
): Record<string, string | string[]> {
  const redacted: Record<string, string | string[]> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value === undefined) continue;
    redacted[redactName(name, credentials)] = Array.isArray(value)
      ? value.map((one) => redactValue(name, one, credentials))
      : redactValue(name, String(value), credentials);
  }
  return redacted;
}

/** The name of a header, unless it is a credential in any case: Node gives names in lower case. */
export function redactName(name: string, credentials: readonly string[]): string {
  if (name.length < SHORTEST) return name;
  const text = (name.includes('%') ? spellOut(name) : name).toLowerCase();
  if (text.includes('ccsb-') && TOKEN_SHAPE_IN_NAME.test(text)) return REDACTED;
  for (const credential of credentials) {
    if (text.length >= credential.length && text.includes(credential.toLowerCase())) return REDACTED;
  }
  return name;
}

function redactValue(name: string, value: string, credentials: readonly string[]): string {
  const kind = kindOf(name);
  if (kind === 'secret') return redactCredential(value);
  const text = redactText(value, credentials);
  return kind === 'url' || text.includes('://') ? redactUrl(text) : text;
}

/** `Bearer abc` becomes `Bearer [redacted]`, and everything without a scheme in front `[redacted]`. */
function redactCredential(value: string): string {
  const scheme = /^(Bearer|Basic|Digest)(?= )/i.exec(value)?.[0];
  return scheme ? `${scheme} ${REDACTED}` : REDACTED;
}

/** A request target in its origin form (path and query). Values of parameters that are named like a credential go, too. */
export function redactTarget(target: string, credentials: readonly string[] = []): string {
  return redactUrl(redactText(originForm(target), credentials));
}

/** The user in front of a host, with the password. */
const USER_INFO = /\/\/[^/?#\s]*@/g;

/** The credentials that a URL holds by its form: a user, and parameters that are named like one. */
export function redactUrl(url: string): string {
  const text = url.includes('@') ? url.replace(USER_INFO, `//${REDACTED}@`) : url;
  if (!/[=%]/.test(text)) return text;
  const end = text.search(/[?#]/);
  const path = end === -1 ? text : text.slice(0, end);
  const segments = path.replace(/[^/]+/g, (segment) => redactParameters(segment, redactNested));
  return segments + redactParameters(text.slice(path.length), redactNested);
}

/** @param redactRest what is done with a parameter whose name says nothing */
function redactParameters(text: string, redactRest: (parameter: string) => string): string {
  return text.replace(/[^?&;#]+/g, (parameter) => {
    const end = parameter.indexOf('=');
    if (end === -1 || kindOf(parameter.slice(0, end)) !== 'secret') return redactRest(parameter);
    return `${parameter.slice(0, end)}=${REDACTED}`;
  });
}

/** A parameter may hold a whole URL, percent-encoded, with parameters of its own. */
function redactNested(parameter: string): string {
  if (!parameter.includes('%')) return parameter;
  const decoded = spellOut(parameter);
  if (redactParameters(decoded.replace(USER_INFO, ''), (rest) => rest) === decoded) return parameter;
  const name = parameter.slice(0, parameter.indexOf('=') + 1);
  return (name.includes('%') ? '' : name) + REDACTED;
}
