import type { ComponentChildren } from 'preact';
import { Failure } from './failure.tsx';
import type { Listed } from './pages.ts';

export interface ListingProps {
  /** What is listed, in the plural. */
  what: string;
  of: Pick<Listed<unknown>, 'rows' | 'isLoading' | 'isOutdated' | 'error' | 'retry' | 'showMore' | 'isLoadingMore'>;
  /** What stands there when there is nothing. */
  empty: ComponentChildren;
  children: ComponentChildren;
}

/** A list while it loads, when it cannot be read, when it is empty, and with its rows. */
export function Listing({
  what,
  of: { rows, isLoading, isOutdated, error, retry, showMore, isLoadingMore },
  empty,
  children,
}: ListingProps) {
  if (isLoading) return <p class="loading dim">Loading {what}…</p>;
  return (
    <div class="listing" aria-busy={isOutdated}>
      {error && <Failure error={error} onRetry={retry} />}
      {rows.length > 0 ? children : !error && empty}
      {showMore && (
        <div class="more">
          <button type="button" aria-disabled={isLoadingMore} onClick={() => isLoadingMore || showMore()}>
            {isLoadingMore ? 'Loading…' : `Show more ${what}`}
          </button>
        </div>
      )}
    </div>
  );
}
