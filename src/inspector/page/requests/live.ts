// The stream of the journal: what is answered from now on.
import { EventSource } from 'eventsource';
import { queryString, send } from '../api.ts';
import { type RequestRow, type RequestView, rowOf } from './row.ts';

/** How long it waits before it connects anew where the server refused it, in milliseconds. */
const PATIENCE = 2000;

export interface Subscriber {
  /** What has come, newest first; all that came within a moment at once. */
  onRows: (rows: RequestRow[]) => void;
  onConnected: (isConnected: boolean) => void;
}

/**
 * Follows the journal behind the request `after`, or from its beginning where there is none. A connection that breaks is
 * made again, and goes on where it was. Returns what ends it.
 */
export function follow(filters: Record<string, string>, after: string | undefined, subscriber: Subscriber): () => void {
  let last = after ?? 'none';
  let arrived: RequestRow[] = [];
  let frame = 0;
  let timer: ReturnType<typeof setTimeout>;
  let source: EventSource;

  const deliver = (): void => {
    frame = 0;
    subscriber.onRows(arrived.reverse());
    arrived = [];
  };
  const connect = (): void => {
    const query = queryString({ ...filters, lastEventId: last });
    source = new EventSource(new URL(`/__admin/requests/stream${query}`, location.href), { fetch: send });
    source.addEventListener('open', () => subscriber.onConnected(true));
    source.addEventListener('request', ({ data, lastEventId }) => {
      last = lastEventId;
      arrived.push(rowOf(JSON.parse(data) as RequestView));
      // A page in the background is given no frames.
      frame ||= document.hidden ? window.setTimeout(deliver, 100) : requestAnimationFrame(deliver);
    });
    source.addEventListener('error', () => {
      subscriber.onConnected(false);
      // A refusal is final for it: the server was shutting down, or waiting for its database.
      if (source.readyState === source.CLOSED) timer = setTimeout(connect, PATIENCE);
    });
  };
  connect();
  return () => {
    source.close();
    clearTimeout(timer);
    cancelAnimationFrame(frame);
  };
}
