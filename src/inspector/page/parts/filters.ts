import { useBrowserLocation, useSearch } from 'wouter-preact/use-browser-location';

/** Filters that live in the query of the address, so that a view can be shared and gone back to. */
export function useFilters<Name extends string>(
  names: readonly Name[],
): [Partial<Record<Name, string>>, (changes: Partial<Record<Name, string | undefined>>) => void] {
  const [, navigate] = useBrowserLocation();
  // As the browser has it: the router's own would decode it twice, and read `%2541` as `A`.
  const search = new URLSearchParams(useSearch());
  const filters: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = search.get(name);
    if (value) filters[name] = value;
  }
  const change = (changes: Partial<Record<Name, string | undefined>>): void => {
    const { pathname, search: present } = window.location;
    const next = new URLSearchParams(present);
    for (const [name, value] of Object.entries(changes) as [Name, string | undefined][]) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    navigate(next.size === 0 ? pathname : `${pathname}?${next}`, { replace: true });
  };
  return [filters, change];
}

/** The last part of the path, decoded once, which is once less than the router does it. */
export function useLastSegment(): string {
  useBrowserLocation();
  const segment = window.location.pathname.split('/').at(-1) as string;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
