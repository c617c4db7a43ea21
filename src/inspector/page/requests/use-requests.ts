import { useInfiniteQuery, useQueryClient } from '@tanstack/preact-query';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ask } from '../api.ts';
import { arrive, NOTHING, release } from './arrivals.ts';
import { follow } from './live.ts';
import { type RequestRow, type RequestView, rowOf } from './row.ts';

/** The first page is for whoever comes in; who scrolls wants more. */
const PAGE = { first: 200, next: 1000 };

interface Page {
  rows: RequestRow[];
  nextCursor: string | undefined;
  dropped: number;
}

export interface Requests {
  /** Newest first. */
  rows: RequestRow[];
  /** How many have come since the view was opened, and are in the list. */
  arrived: number;
  /** How many have come while the list stood still. */
  held: number;
  isConnected: boolean;
  isLoading: boolean;
  isLoadingMore: boolean;
  hasMore: boolean;
  loadMore: () => void;
  dropped: number;
  error: Error | null;
  retry: () => void;
}

/** How often what a request may have changed is read again, in milliseconds, however many come. */
const REFRESH = 1000;

/** The requests of the journal that the filters let through: those of the past page by page, and those that come. */
export function useRequests(filters: Record<string, string>, isPaused: boolean): Requests {
  const queries = useQueryClient();
  const [{ live, arrived, waiting, isCut }, setArrivals] = useState(NOTHING);
  const standsStill = useRef(isPaused);
  standsStill.current = isPaused;
  const [isConnected, setConnected] = useState(false);

  const queryKey = ['requests', filters];
  const past = useInfiniteQuery({
    queryKey,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => readPage(filters, pageParam, signal),
    getNextPageParam: ({ nextCursor }) => nextCursor,
    // The stream keeps it true from then on.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });

  const { dataUpdatedAt } = past;
  const isThere = past.data !== undefined;
  const newest = past.data?.pages[0]?.rows[0]?.id;
  const firstPage = past.data?.pages[0];
  useEffect(() => {
    if (!isThere) return;
    setArrivals(NOTHING);
    let isStale = false;
    const timer = setInterval(() => {
      if (!isStale) return;
      isStale = false;
      for (const key of ['conversations', 'chatbots', 'faults']) void queries.invalidateQueries({ queryKey: [key] });
    }, REFRESH);
    const stop = follow(filters, newest, {
      onConnected: setConnected,
      onRows(rows) {
        isStale = true;
        setArrivals((previous) => arrive(previous, rows, standsStill.current));
      },
    });
    return () => {
      clearInterval(timer);
      stop();
    };
    // Anew when the past was read anew, and not when more of it was.
  }, [isThere, firstPage]);

  useEffect(() => {
    if (!isPaused) setArrivals((previous) => release(previous));
  }, [isPaused]);

  // More has come than is kept: the newest of it once more, and the rest when somebody scrolls there.
  const mustBegin = isCut && !isPaused;
  useEffect(() => {
    if (!mustBegin) return;
    const ending = new AbortController();
    const begin = async (): Promise<void> => {
      const page = await readPage(filters, undefined, ending.signal);
      await queries.cancelQueries({ queryKey });
      queries.setQueryData(queryKey, { pages: [page], pageParams: [undefined] });
    };
    // A server that does not answer now is asked again.
    const timer = setInterval(() => void begin().catch(() => {}), REFRESH);
    return () => {
      clearInterval(timer);
      ending.abort();
    };
  }, [mustBegin]);

  const rows = useMemo(() => {
    const known = new Set<string>();
    // Where the journal has dropped the last one that was seen, the stream begins with its oldest again.
    const older = isCut && !isPaused ? [] : (past.data?.pages.flatMap((page) => page.rows) ?? []);
    return [...live, ...older].filter(({ id }) => {
      const isNew = !known.has(id);
      known.add(id);
      return isNew;
    });
  }, [live, isCut, isPaused, dataUpdatedAt]);

  return {
    rows,
    arrived,
    held: waiting,
    isConnected,
    isLoading: past.isPending,
    isLoadingMore: past.isFetchingNextPage,
    hasMore: past.hasNextPage,
    loadMore: () => {
      if (!past.isFetchingNextPage) void past.fetchNextPage();
    },
    dropped: past.data?.pages[0]?.dropped ?? 0,
    error: past.error,
    retry: () => void past.refetch(),
  };
}

async function readPage(filters: Record<string, string>, cursor?: string, signal?: AbortSignal): Promise<Page> {
  const query = { ...filters, order: 'desc', limit: cursor ? PAGE.next : PAGE.first, cursor };
  const page = await ask<{ requests: RequestView[]; nextCursor?: string; dropped: number }>('GET', '/requests', {
    query,
    ...(signal && { signal }),
  });
  return { rows: page.requests.map(rowOf), nextCursor: page.nextCursor, dropped: page.dropped };
}
