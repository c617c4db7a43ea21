/** Where the control plane is. */
export const CONTROL_PREFIX = '/__admin';

/** What the stub itself answers: single paths, and paths with everything below them. */
const OWN = new Set(['/', '/favicon.ico', '/livez', '/readyz', '/metrics', '/openapi.json', '/openapi.vendor.json']);
const OWN_TREES = [CONTROL_PREFIX, '/docs'];

/** Whether a request target is the vendor's API, or a mistake on the way to it, rather than the stub's own. */
export function isDataPlane(target: string): boolean {
  const end = target.search(/[?#]/);
  const path = end === -1 ? target : target.slice(0, end);
  return !OWN.has(path) && !OWN_TREES.some((tree) => path === tree || path.startsWith(`${tree}/`));
}
