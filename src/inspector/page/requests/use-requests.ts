import { useInfiniteQuery, useQueryClient } from '@tanstack/preact-query';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ask } from '../api.ts';
import { follow } from './live.ts';
import { type RequestRow, type RequestView, rowOf } from './row.ts';

/** The first page is for whoever comes in; who scrolls wants more. */
const PAGE = { first: 200, next: 1000 };

interface Page {
  rows: RequestRow[];
  nextCursor: string | undefined;
  dropped: number;
}

/** What has come since the past was read, newest first: in the list, and held back while it stands still. */
interface Arrived {
  live: RequestRow[];
  held: RequestRow[];
}

const NOTHING: Arrived = { live: [], held: [] };

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
  const [{ live, held }, setArrived] = useState<Arrived>(NOTHING);
  const standsStill = useRef(isPaused);
  standsStill.current = isPaused;
  const [isConnected, setConnected] = useState(false);

  const past = useInfiniteQuery({
    queryKey: ['requests', filters],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }): Promise<Page> => {
      const query = { ...filters, order: 'desc', limit: pageParam ? PAGE.next : PAGE.first, cursor: pageParam };
      const page = await ask<{ requests: RequestView[]; nextCursor?: string; dropped: number }>('GET', '/requests', {
        query,
        signal,
      });
      return { rows: page.requests.map(rowOf), nextCursor: page.nextCursor, dropped: page.dropped };
    },
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
    setArrived(NOTHING);
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
        setArrived((previous) => {
          const held = [...rows, ...previous.held];
          return standsStill.current ? { ...previous, held } : { live: [...held, ...previous.live], held: [] };
        });
      },
    });
    return () => {
      clearInterval(timer);
      stop();
    };
    // Anew when the past was read anew, and not when more of it was.
  }, [isThere, firstPage]);

  useEffect(() => {
    if (!isPaused) setArrived((previous) => ({ live: [...previous.held, ...previous.live], held: [] }));
  }, [isPaused]);

  const rows = useMemo(() => {
    const known = new Set<string>();
    // Where the journal has dropped the last one that was seen, the stream begins with its oldest again.
    return [...live, ...(past.data?.pages.flatMap((page) => page.rows) ?? [])].filter(({ id }) => {
      const isNew = !known.has(id);
      known.add(id);
      return isNew;
    });
  }, [live, dataUpdatedAt]);

  return {
    rows,
    arrived: live.length,
    held: held.length,
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
