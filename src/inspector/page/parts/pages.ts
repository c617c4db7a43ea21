// Lists of the control plane: page by page, or whole where there is no other way to their newest.
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/preact-query';
import { type Asked, ask } from '../api.ts';

type Query = NonNullable<Asked['query']>;
type Page<Row> = Record<string, Row[]> & { nextCursor?: string };

/** A list as a view shows it. */
export interface Listed<Row> {
  rows: readonly Row[];
  isLoading: boolean;
  /** Not what the filters ask for yet, but what they asked for before. */
  isOutdated: boolean;
  error: Error | null;
  retry: () => void;
  /** Absent when there is no more. */
  showMore: (() => void) | undefined;
  isLoadingMore: boolean;
}

/** `GET /__admin/LIST`, whose first page is shown at once and further ones when asked for. */
export function usePages<Row>(
  list: string,
  query: Query,
  { limit = 50, refetchInterval = false as number | false } = {},
): Listed<Row> {
  const found = useInfiniteQuery({
    queryKey: [list, 'pages', query, limit],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      ask<Page<Row>>('GET', `/${list}`, { query: { ...query, limit, cursor: pageParam }, signal }),
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: keepPreviousData,
    refetchInterval,
  });
  const { data, isPending, isPlaceholderData, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = found;
  return {
    rows: data?.pages.flatMap((page) => page[list] ?? []) ?? [],
    isLoading: isPending,
    isOutdated: isPlaceholderData,
    error,
    retry: () => void refetch(),
    showMore: hasNextPage ? () => void fetchNextPage() : undefined,
    isLoadingMore: isFetchingNextPage,
  };
}

const MOST = 1000;

/** All of a list: the newest of one that begins with its oldest are on its last page. */
export function useEvery<Row>(list: string, query: Query = {}) {
  return useQuery({
    queryKey: [list, 'every', query],
    queryFn: async ({ signal }) => {
      const rows: Row[] = [];
      let cursor: string | undefined;
      do {
        const page: Page<Row> = await ask<Page<Row>>('GET', `/${list}`, {
          query: { ...query, limit: MOST, cursor },
          signal,
        });
        rows.push(...(page[list] ?? []));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      return rows;
    },
    placeholderData: keepPreviousData,
  });
}

/** The ids of chatbots, to offer where one is asked for; the first thousand, which is more than anybody chooses from. */
export function useChatbotIds(): string[] {
  const { data } = useQuery({
    queryKey: ['chatbots', 'ids'],
    queryFn: ({ signal }) =>
      ask<{ chatbots: { chatbotId: string }[] }>('GET', '/chatbots', { query: { limit: MOST }, signal }),
  });
  return data?.chatbots.map(({ chatbotId }) => chatbotId) ?? [];
}
