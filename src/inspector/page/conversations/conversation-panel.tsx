import { useQuery } from '@tanstack/preact-query';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { ask, queryString } from '../api.ts';
import { Confirm } from '../parts/confirm.tsx';
import { CopyButton } from '../parts/copy-button.tsx';
import { Failure } from '../parts/failure.tsx';
import { Name } from '../parts/name.tsx';
import { TextBlock } from '../parts/text-block.tsx';
import { Time } from '../parts/time.tsx';
import { useAct } from '../parts/use-act.ts';
import { useKeys } from '../parts/use-keys.ts';
import { type Conversation, pathOf } from './conversation.ts';

export interface ConversationPanelProps {
  id: string;
  chatbotId: string | undefined;
  onClose: () => void;
  onDeleted: () => void;
}

/** One conversation in full. */
export function ConversationPanel({ id, chatbotId = '', onClose, onDeleted }: ConversationPanelProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [isAsked, setAsked] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ['conversations', 'one', chatbotId, id],
    queryFn: ({ signal }) => ask<Conversation>('GET', pathOf({ id }), { query: { chatbotId }, signal }),
  });

  useEffect(() => heading.current?.focus(), []);
  useKeys({ Escape: onClose });

  return (
    <section class="card panel" aria-labelledby="conversation">
      <div class="panel-head">
        <h2 id="conversation" class="cut" tabIndex={-1} ref={heading}>
          {data ? <bdi title={data.name}>{data.name.trim() === '' ? '(no name)' : data.name}</bdi> : 'Conversation'}
        </h2>
        <button type="button" class="quiet" onClick={onClose}>
          Close
        </button>
      </div>
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {!data && !error && <p class="loading dim">Loading the conversation…</p>}
      {data && (
        <>
          <Facts of={data} />
          <div class="actions">
            <Link class="button" href={`/requests${queryString({ chatbotId: data.chatbotId, text: data.id })}`}>
              The request that made it
            </Link>
            <button type="button" class="remove" onClick={() => setAsked(true)}>
              Delete…
            </button>
          </div>
          <h3>As JSON</h3>
          <TextBlock name="the conversation as JSON" text={JSON.stringify(data, null, 2)} />
          {isAsked && <Deletion of={data} onClose={() => setAsked(false)} onDone={onDeleted} />}
        </>
      )}
    </section>
  );
}

function Facts({ of: { id, name, email, phone, chatbotId, channelId, createdAt } }: { of: Conversation }) {
  const none = <span class="dim">not given</span>;
  return (
    <dl class="facts">
      <dt>Id</dt>
      <dd class="with-copy">
        <code>{id}</code> <CopyButton text={id} name="the id" />
      </dd>
      <dt>Name</dt>
      <dd>
        <bdi>{name}</bdi>
      </dd>
      <dt>Email</dt>
      <dd>{email === undefined ? none : <bdi>{email}</bdi>}</dd>
      <dt>Phone</dt>
      <dd>{phone === undefined ? none : <bdi>{phone}</bdi>}</dd>
      <dt>Chatbot</dt>
      <dd class="long">
        <Link href={`/conversations${queryString({ chatbotId })}`}>
          <bdi>{chatbotId}</bdi>
        </Link>
      </dd>
      <dt>Channel</dt>
      <dd class="long">
        <Link href={`/conversations${queryString({ chatbotId, channelId })}`}>
          <bdi>{channelId}</bdi>
        </Link>
      </dd>
      <dt>Made</dt>
      <dd>
        <Time at={createdAt} isFull />
        <br />
        <span class="dim">{createdAt}</span>
      </dd>
    </dl>
  );
}

function Deletion({
  of: { id, chatbotId, name },
  onClose,
  onDone,
}: {
  of: Conversation;
  onClose: () => void;
  onDone: () => void;
}) {
  const { mutate, isPending, error } = useAct({
    act: () => ask('DELETE', pathOf({ id }), { query: { chatbotId } }),
    changes: ['conversations', 'chatbots'],
    said: () => 'Conversation deleted',
    onDone,
  });
  return (
    <Confirm
      title="Delete the conversation?"
      action="Delete"
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate()}
      onClose={onClose}
    >
      <p class="long">
        The conversation <code>{id}</code> with <Name text={name} /> goes. The request that made it stays in the
        journal.
      </p>
    </Confirm>
  );
}
