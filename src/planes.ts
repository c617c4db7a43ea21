/** Where the control plane is. */
export const CONTROL_PREFIX = '/__admin';

/** What the stub itself answers: single paths, and paths with everything below them. */
const OWN = new Set(['/', '/favicon.ico', '/livez', '/readyz', '/metrics', '/openapi.json', '/openapi.vendor.json']);
const OWN_TREES = [CONTROL_PREFIX, '/docs'];

/** A request target without the scheme and the authority that are sent to a proxy (RFC 9112, section 3.2.2). */
export function originForm(target: string): string {
  return target.replace(/^https?:\/\/[^/?#]*(?=\/)/i, '');
}

/** Whether a request target is the vendor's API, or a mistake on the way to it, rather than the stub's own. */
export function isDataPlane(target: string): boolean {
  const [path = ''] = originForm(target).split(/[?#]/, 1);
  return !OWN.has(path) && !OWN_TREES.some((tree) => path === tree || path.startsWith(`${tree}/`));
}
