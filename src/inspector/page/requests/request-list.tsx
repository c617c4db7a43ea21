// The list of requests: a table of which only the rows in sight are in the document.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { Status } from '../parts/status.tsx';
import { Time } from '../parts/time.tsx';
import { useWindow } from '../parts/use-window.ts';
import { indexesIn, topFor } from '../parts/window.ts';
import type { RequestRow } from './row.ts';

/** Pixels; a row has one line, or two where the list is narrow. */
const HEIGHT = { wide: 36, narrow: 60 };
const HEAD = 32;
const NARROW = 820;

export interface RequestListProps {
  rows: RequestRow[];
  hasMore: boolean;
  loadMore: () => void;
  /** The one that is shown in full. */
  openId: string | undefined;
  /** The one that the keyboard is at. */
  currentId: string | undefined;
  onCurrent: (id: string) => void;
  hrefOf: (id: string) => string;
  /** Changes when the current row should have the focus. */
  focusTurn: number;
}

export function RequestList(props: RequestListProps) {
  const { rows, hasMore, loadMore, openId, currentId, onCurrent, hrefOf, focusTurn } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const isNarrow = useIsNarrow(scroller);
  const height = isNarrow ? HEIGHT.narrow : HEIGHT.wide;
  const current = rows.findIndex(({ id }) => id === currentId);

  const seen = useWindow(scroller, isNarrow ? 0 : HEAD, height);
  useStandStill(scroller, rows, height);

  // The current row stays in the document: it may have the focus.
  const indexes = indexesIn(seen, rows.length, current);
  const stop = current === -1 ? indexes[0] : current;
  const lastShown = indexes.at(-1) ?? 0;
  useEffect(() => {
    if (hasMore && lastShown >= rows.length - 40) loadMore();
  }, [lastShown, rows.length, hasMore]);

  useLayoutEffect(() => {
    if (focusTurn === 0 || current === -1) return;
    const element = scroller.current as HTMLElement;
    element.scrollTop = topFor({ ...seen, top: element.scrollTop }, current);
    element.querySelector<HTMLElement>(`#request-${currentId} a`)?.focus({ preventScroll: true });
  }, [focusTurn]);

  return (
    <div
      class={`request-table ${isNarrow ? 'narrow' : 'wide'}`}
      role="table"
      aria-label="Requests"
      aria-rowcount={hasMore ? -1 : rows.length + 1}
    >
      <div role="presentation" class="request-scroller" ref={scroller}>
        <div role="rowgroup" class="request-head">
          <div role="row" aria-rowindex={1} class="request-row">
            {['Status', 'Method', 'Path', 'Chatbot', 'Why', 'Took', 'Time'].map((name) => (
              <span key={name} role="columnheader">
                {name}
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup" class="request-body" style={{ height: `${rows.length * height}px` }}>
          {indexes.map((index) => {
            const row = rows[index];
            if (!row) return null;
            return (
              <div
                key={row.id}
                id={`request-${row.id}`}
                role="row"
                aria-rowindex={index + 2}
                aria-current={row.id === openId || undefined}
                class={`request-row ${row.id === currentId ? 'at' : ''}`}
                style={{ height: `${height}px`, transform: `translateY(${index * height}px)` }}
              >
                <Cells row={row} href={hrefOf(row.id)} isStop={index === stop} onFocus={() => onCurrent(row.id)} />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface CellsProps {
  row: RequestRow;
  href: string;
  /** Whether Tab comes here: the arrows go through the others, and the next Tab leads to what is beside the list. */
  isStop: boolean;
  onFocus: () => void;
}

function Cells({ row, href, isStop, onFocus }: CellsProps) {
  const { method, target, status, chatbotId, reason, isPlain, drift, durationMs, time } = row;
  return (
    <>
      <span role="cell" class="c-status">
        <Status of={status} />
      </span>
      <span role="cell" class="c-method mono">
        {method}
      </span>
      <span role="cell" class="c-path cut mono" title={target}>
        <Link href={href} tabIndex={isStop ? 0 : -1} onFocus={onFocus} draggable={false}>
          {target}
        </Link>
      </span>
      <span role="cell" class="c-chatbot cut" title={chatbotId ?? ''}>
        {chatbotId ?? '—'}
      </span>
      <span role="cell" class={`c-why cut ${isPlain ? 'plain' : ''}`} title={reason}>
        {drift > 0 && <span class="tag drift">drift</span>}
        {reason}
      </span>
      <span role="cell" class="c-took">
        {duration(durationMs)}
      </span>
      <span role="cell" class="c-time">
        <Time at={time} />
      </span>
    </>
  );
}

/** A duration in milliseconds, as it is read at a glance. */
export function duration(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 10 ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`;
}

function useIsNarrow(element: { current: HTMLElement | null }): boolean {
  const [isNarrow, setNarrow] = useState(false);
  useLayoutEffect(() => {
    const { current } = element;
    if (!current) return;
    const observer = new ResizeObserver(() => setNarrow(current.clientWidth < NARROW));
    observer.observe(current);
    setNarrow(current.clientWidth < NARROW);
    return () => observer.disconnect();
  }, []);
  return isNarrow;
}

/** What comes in above the rows that somebody reads must not push them away. */
function useStandStill(scroller: { current: HTMLElement | null }, rows: RequestRow[], height: number): void {
  const [first] = rows;
  const before = useRef(first?.id);
  useLayoutEffect(() => {
    const added = before.current === undefined ? 0 : rows.findIndex(({ id }) => id === before.current);
    before.current = first?.id;
    const { current } = scroller;
    if (current && added > 0 && current.scrollTop > 0) current.scrollTop += added * height;
  }, [first?.id]);
}
