// JSON Pointers (RFC 6901).

/** The pointer to a member of what `pointer` points to. */
export function below(pointer: string, name: string): string {
  return `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The names that lead to a place, one after the other. */
export function namesIn(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What stands where these names lead, or `undefined`. */
export function valueAt(document: unknown, names: readonly string[]): unknown {
  return names.reduce(memberOf, document);
}

/** The property of an object, or the element of an array; never one that is inherited, or an array's length. */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const isThere = Array.isArray(value) ? /^(?:0|[1-9]\d*)$/.test(name) : Object.hasOwn(value, name);
  return isThere ? (value as Record<string, unknown>)[name] : undefined;
}
