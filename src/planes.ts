/** Where the control plane is. */
export const CONTROL_PREFIX = '/__admin';

/** Where its page is. */
export const INSPECTOR = `${CONTROL_PREFIX}/ui`;

/** What the stub itself answers, by the first segment of the path: single paths, and paths with everything below them. */
const OWN = new Set(['', 'favicon.ico', 'livez', 'readyz', 'metrics', 'openapi.json', 'openapi.vendor.json']);
const OWN_TREES = new Set([CONTROL_PREFIX.slice(1), 'docs']);

/** A request target without the scheme and the authority that are sent to a proxy (RFC 9112, section 3.2.2). */
export function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const rest = target.replace(/^https?:\/\/[^/?#]*/i, '');
  return rest === target || rest.startsWith('/') ? rest : `/${rest}`;
}

/** Whether a request target is the vendor's API, or a mistake on the way to it, rather than the stub's own. */
export function isDataPlane(target: string): boolean {
  // What nearly all are: this is asked several times about each request.
  if (target.startsWith('/v1/')) return true;
  const [root, first, ...rest] = segmentsOf(target);
  if (root !== '' || first === undefined) return true;
  return !OWN_TREES.has(first) && (rest.length > 0 || !OWN.has(first));
}

/** Whether a request target is /v1, or below it. */
export function isBelowV1(target: string): boolean {
  const [root, first] = segmentsOf(target);
  return root === '' && first === 'v1';
}

/** Whether a request target is the control plane, or below it. */
export function isControlPlane(target: string): boolean {
  const [root, first] = segmentsOf(target);
  return root === '' && first === CONTROL_PREFIX.slice(1);
}

/** The chatbot that the path of a request target names, if it names one readably. */
export function chatbotIn(target: string): string | undefined {
  // The resource of every operation of the vendor's stands behind the area: /v1/AREA/CHATBOT/…
  const [root, version, area, chatbotId] = segmentsOf(target);
  return root === '' && version === 'v1' && area !== '' ? chatbotId || undefined : undefined;
}

/**
 * The path of a request target as the router reads it: each segment decoded, and no slash at the end. A segment that
 * cannot be decoded is `undefined`.
 */
function segmentsOf(target: string): (string | undefined)[] {
  const origin = originForm(target);
  const end = origin.search(/[?#]/);
  const segments = (end === -1 ? origin : origin.slice(0, end)).split('/');
  if (segments.length > 2 && segments.at(-1) === '') segments.pop();
  return segments.map(decode);
}

function decode(segment: string): string | undefined {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
