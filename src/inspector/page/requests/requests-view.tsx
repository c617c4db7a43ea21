// The requests, live: filters, the list, and the one that is looked at.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { useSearch } from 'wouter-preact/use-browser-location';
import { ChatbotField } from '../parts/chatbot-field.tsx';
import { Failure } from '../parts/failure.tsx';
import { useFilters } from '../parts/filters.ts';
import { SearchField } from '../parts/search-field.tsx';
import { useKeys } from '../parts/use-keys.ts';
import { ClearButton } from './clear-button.tsx';
import { EmptyJournal, NothingMatches } from './empty-journal.tsx';
import { RequestDetails } from './request-details.tsx';
import { RequestList } from './request-list.tsx';
import { useRequests } from './use-requests.ts';

const FILTERS = ['chatbotId', 'status', 'text'] as const;

const STATUSES: [value: string, name: string][] = [
  ['', 'Any'],
  ['2xx', '2xx: accepted'],
  ['4xx', '4xx: refused'],
  ...['400', '401', '403', '404', '405', '413', '429'].map((status): [string, string] => [status, status]),
  ['5xx', '5xx: failed'],
  ['none', 'No answer'],
];

export function RequestsView({ id }: { id: string | undefined }) {
  const [filters, setFilters] = useFilters(FILTERS);
  const search = useRef<HTMLInputElement>(null);
  const { chatbotId = '', status = '', text = '' } = filters;
  const isKnown = STATUSES.some(([value]) => value === status);
  return (
    <div class={`requests ${id === undefined ? '' : 'with-details'}`}>
      <div class="requests-main">
        <h1 class="offstage">Requests</h1>
        <search class="filters requests-filters">
          <SearchField
            label="Search"
            placeholder="in paths, headers, bodies and reasons ( / )"
            value={text}
            onChange={(value) => setFilters({ text: value })}
            field={search}
            isWide
          />
          <ChatbotField value={chatbotId} onChange={(value) => setFilters({ chatbotId: value })} />
          <label>
            <span>Status</span>
            <select value={status} onChange={({ currentTarget }) => setFilters({ status: currentTarget.value })}>
              {!isKnown && <option value={status}>{status}</option>}
              {STATUSES.map(([value, name]) => (
                <option key={value} value={value}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        </search>
        <Journal
          key={JSON.stringify(filters)}
          filters={filters}
          id={id}
          onClear={() => setFilters({ chatbotId: '', status: '', text: '' })}
          focusSearch={() => search.current?.focus()}
        />
      </div>
    </div>
  );
}

const COUNT = new Intl.NumberFormat();

interface JournalProps {
  filters: Record<string, string>;
  id: string | undefined;
  onClear: () => void;
  focusSearch: () => void;
}

function Journal({ filters, id, onClear, focusSearch }: JournalProps) {
  const [isPaused, setPaused] = useState(false);
  const requests = useRequests(filters, isPaused);
  const { rows } = requests;
  const [, navigate] = useLocation();
  const search = useSearch();
  const [currentId, setCurrent] = useState(id);
  const [focusTurn, setFocusTurn] = useState(0);
  const wasOpen = useRef(id);
  /** The one that the arrows of the list have opened: the focus stays in the list. */
  const glanced = useRef<string>();

  const hrefOf = (other: string | undefined): string => `/requests${other === undefined ? '' : `/${other}`}${search}`;
  const takeFocus = (): void => setFocusTurn((turn) => turn + 1);
  const close = (): void => {
    navigate(hrefOf(undefined));
    takeFocus();
  };
  const open = (other: string): void => navigate(hrefOf(other), { replace: id !== undefined });

  useEffect(() => {
    if (id !== undefined && id !== wasOpen.current) setCurrent(id);
    wasOpen.current = id;
  }, [id]);

  useKeys({
    '/': focusSearch,
    Escape: () => id !== undefined && close(),
    Enter: () => currentId !== undefined && open(currentId),
    ...onArrows(step),
  });

  function step(distance: number): void {
    const at = rows.findIndex((row) => row.id === currentId);
    const next = rows[Math.max(0, Math.min(rows.length - 1, at === -1 ? 0 : at + distance))];
    if (!next) return;
    setCurrent(next.id);
    takeFocus();
    if (id === undefined) return;
    glanced.current = next.id;
    open(next.id);
  }

  const isEmpty = rows.length === 0 && !requests.isLoading && !requests.error;
  return (
    <>
      <div class="requests-bar">
        <span class={`live ${requests.isConnected ? 'on' : 'off'}`}>
          {requests.isConnected ? (isPaused ? 'Paused' : 'Live') : 'Not connected'}
        </span>
        <span class="dim requests-count">
          {COUNT.format(rows.length)}
          {requests.hasMore ? '+' : ''} {rows.length === 1 ? 'request' : 'requests'}
          {requests.dropped > 0 && `; the journal has dropped ${COUNT.format(requests.dropped)} older ones`}
        </span>
        <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          {isPaused ? `Resume${requests.held > 0 ? ` (${requests.held} new)` : ''}` : 'Pause'}
        </button>
        <ClearButton chatbotId={filters['chatbotId']} />
      </div>
      <News arrived={requests.arrived} />
      <div class="requests-panes">
        <div class="requests-list card">
          {requests.error && <Failure error={requests.error} onRetry={requests.retry} />}
          {isEmpty && (Object.keys(filters).length === 0 ? <EmptyJournal /> : <NothingMatches onClear={onClear} />)}
          {requests.isLoading && <p class="loading dim">Reading the journal…</p>}
          {rows.length > 0 && (
            <RequestList
              rows={rows}
              hasMore={requests.hasMore}
              loadMore={requests.loadMore}
              openId={id}
              currentId={currentId}
              onCurrent={setCurrent}
              hrefOf={hrefOf}
              focusTurn={focusTurn}
            />
          )}
        </div>
        {id !== undefined && (
          <RequestDetails key={id} id={id} onClose={close} onOpen={open} isFocused={glanced.current !== id} />
        )}
      </div>
    </>
  );
}

function onArrows(step: (distance: number) => void): Record<string, () => void> {
  return {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Home: () => step(Number.NEGATIVE_INFINITY),
  };
}

/** How often it is said that requests have come, in milliseconds: they may come without end. */
const BETWEEN = 5000;

/** Says how many came, to those who do not see the list. */
function News({ arrived }: { arrived: number }) {
  const latest = useRef(arrived);
  latest.current = arrived;
  const [text, setText] = useState('');
  useEffect(() => {
    let said = 0;
    const timer = setInterval(() => {
      const more = latest.current - said;
      said = latest.current;
      setText(more > 0 ? `${COUNT.format(more)} new ${more === 1 ? 'request' : 'requests'}` : '');
    }, BETWEEN);
    return () => clearInterval(timer);
  }, []);
  return (
    <p class="offstage" aria-live="polite">
      {text}
    </p>
  );
}
