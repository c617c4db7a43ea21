// One request: what came in, what went out, and why.
import { useQuery } from '@tanstack/preact-query';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { ask } from '../api.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { Failure } from '../parts/failure.tsx';
import { Status } from '../parts/status.tsx';
import { TextBlock } from '../parts/text-block.tsx';
import { Time } from '../parts/time.tsx';
import { useAct } from '../parts/use-act.ts';
import { curlOf } from './curl.ts';
import { DecisionTrail } from './decision-trail.tsx';
import { HeaderList } from './header-list.tsx';
import { duration } from './request-list.tsx';
import { type RequestView, reasonOf, targetOf } from './row.ts';
import { Upstream } from './upstream.tsx';

export interface RequestDetailsProps {
  id: string;
  onClose: () => void;
  onOpen: (id: string) => void;
  /** Whether the reader comes here, and does not only look over from the list. */
  isFocused: boolean;
}

export function RequestDetails({ id, onClose, onOpen, isFocused }: RequestDetailsProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const label = useId();
  const { data, error, refetch } = useQuery({
    queryKey: ['request', id],
    queryFn: ({ signal }) => ask<RequestView>('GET', `/requests/${encodeURIComponent(id)}`, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const isThere = data !== undefined || error !== null;
  useEffect(() => {
    if (isFocused && isThere) heading.current?.focus();
  }, [isThere]);
  return (
    <section class="details card" aria-labelledby={label}>
      <div class="details-head">
        <h2 id={label} ref={heading} tabIndex={-1} class="mono">
          {data ? `${data.method} ${targetOf(data)}` : `Request ${id}`}
        </h2>
        <button type="button" class="quiet" onClick={onClose} aria-label="Close the request">
          ✕
        </button>
      </div>
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {data && <Details request={data} onOpen={onOpen} />}
    </section>
  );
}

function Details({ request, onOpen }: { request: RequestView; onOpen: (id: string) => void }) {
  const { id, status, chatbotId, time, durationMs, seed } = request;
  const replay = useAct<void, { id: string; status: number | null }>({
    act: () => ask('POST', `/requests/${id}/replay`),
    changes: [],
    said: (again) => `Sent again: ${again.status ?? 'no answer'}`,
    onDone: (again) => onOpen(again.id),
  });
  const replayOf = request.request.headers['x-stub-replay-of'];
  return (
    <div class="details-body">
      <p class="details-verdict">
        <Status of={status} /> <span>{reasonOf(request)}</span>
      </p>
      <div class="actions">
        <CopyButton text={curlOf(request, location.origin)} label="Copy as curl" />
        <button type="button" aria-disabled={replay.isPending} onClick={() => replay.mutate()}>
          Send again
        </button>
        <CopyButton text={`${location.origin}/__admin/ui/requests/${id}`} label="Copy link" />
      </div>
      {replay.error && <Failure error={replay.error} />}

      <DecisionTrail request={request} />

      <dl class="facts">
        <dt>Chatbot</dt>
        <dd>
          {chatbotId === null ? (
            'none in the path'
          ) : (
            <Link href={`/requests?${new URLSearchParams({ chatbotId })}`}>{chatbotId}</Link>
          )}
        </dd>
        <dt>Answered</dt>
        <dd>
          <Time at={time} isFull />, after {duration(durationMs)}
        </dd>
        <dt>Id</dt>
        <dd class="mono">{id}</dd>
        {typeof replayOf === 'string' && (
          <>
            <dt>Sent again</dt>
            <dd>
              as <Link href={`/requests/${encodeURIComponent(replayOf)}`}>{replayOf}</Link> was
            </dd>
          </>
        )}
        {seed !== undefined && (
          <>
            <dt>Seed</dt>
            <dd class="mono">{seed}</dd>
          </>
        )}
      </dl>
      {request.upstream && <Upstream side={request.upstream} />}
      <Message name="Request" message={request.request} />
      <Message name="Response" message={request.response} />
    </div>
  );
}

function Message({
  name,
  message: { headers, body, bodyEncoding },
}: {
  name: string;
  message: RequestView['request'];
}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body, null, 2);
  return (
    <section class="message">
      <h3>{name}</h3>
      {body === undefined ? (
        <p class="dim">No body</p>
      ) : (
        <TextBlock text={text} name={`Body of the ${name.toLowerCase()}`} />
      )}
      {bodyEncoding !== undefined && <p class="hint">Bytes that are no text, as base64.</p>}
      <HeaderList headers={headers} />
    </section>
  );
}
