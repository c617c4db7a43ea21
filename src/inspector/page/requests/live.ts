// The stream of the journal: what is answered from now on.
import { EventSource } from 'eventsource';
import { queryString, send } from '../api.ts';
import { type RequestRow, type RequestView, rowOf } from './row.ts';

/** How long it waits before it connects anew where the server refused it, in milliseconds. */
const PATIENCE = 2000;

/**
 * How long a page may be out of sight before it lets go of its connection, in milliseconds. A browser has six for a
 * server, over all of its tabs: a seventh tab would wait for ever.
 */
const OUT_OF_SIGHT = 5000;

/** How long it is gathered what comes, in milliseconds. A page out of sight is given no frames, but timers. */
const GATHERED = 16;

export interface Subscriber {
  /** What has come, newest first; all that came within a moment at once. */
  onRows: (rows: RequestRow[]) => void;
  onConnected: (isConnected: boolean) => void;
}

/**
 * Follows the journal behind the request `after`, or from its beginning where there is none. A connection that breaks is
 * made again, and goes on where it was; so does one that was let go while nobody saw the page. Returns what ends it.
 */
export function follow(filters: Record<string, string>, after: string | undefined, subscriber: Subscriber): () => void {
  let last = after ?? 'none';
  let arrived: RequestRow[] = [];
  let delivery: ReturnType<typeof setTimeout> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let source: EventSource | undefined;

  const deliver = (): void => {
    delivery = undefined;
    subscriber.onRows(arrived.reverse());
    arrived = [];
  };
  const connect = (): void => {
    const query = queryString({ ...filters, lastEventId: last });
    const opened = new EventSource(new URL(`/__admin/requests/stream${query}`, location.href), { fetch: send });
    source = opened;
    opened.addEventListener('open', () => subscriber.onConnected(true));
    opened.addEventListener('request', ({ data, lastEventId }) => {
      last = lastEventId;
      arrived.push(rowOf(JSON.parse(data) as RequestView));
      delivery ??= setTimeout(deliver, GATHERED);
    });
    opened.addEventListener('error', () => {
      subscriber.onConnected(false);
      // A refusal is final for it: the server was shutting down, or waiting for its database. Out of sight nobody waits.
      if (opened.readyState === opened.CLOSED && !document.hidden) timer = setTimeout(connect, PATIENCE);
    });
  };
  const disconnect = (): void => {
    source?.close();
    source = undefined;
  };
  const look = (): void => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(disconnect, OUT_OF_SIGHT);
    else if (source === undefined || source.readyState === source.CLOSED) connect();
  };
  look();
  document.addEventListener('visibilitychange', look);
  return () => {
    document.removeEventListener('visibilitychange', look);
    disconnect();
    clearTimeout(timer);
    clearTimeout(delivery);
  };
}
