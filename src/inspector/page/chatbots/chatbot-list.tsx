import { useQuery } from '@tanstack/preact-query';
import type { RefObject } from 'preact';
import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { Chatbot } from '../../../control/chatbot.ts';
import { ask, ControlPlaneError, queryString } from '../api.ts';
import { Cut } from '../parts/cut.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { Listing } from '../parts/listing.tsx';
import { type Listed, usePages } from '../parts/pages.ts';
import { Time } from '../parts/time.tsx';
import { counted } from '../parts/words.ts';
import { RemoveChatbot } from './remove-chatbot.tsx';

export interface ChatbotListProps {
  /** Only this one. */
  chatbotId: string | undefined;
  onMake: () => void;
  /** Where the focus goes when the row that had it is gone. */
  landing: RefObject<HTMLElement>;
}

export function ChatbotList({ chatbotId, onMake, landing }: ChatbotListProps) {
  const all = usePages<Chatbot>('chatbots', {}, { limit: 25 });
  const one = useOne(chatbotId);
  const [removed, setRemoved] = useState<Chatbot | null>(null);
  const found = chatbotId === undefined ? all : one;
  return (
    <section class="card" aria-labelledby="chatbots">
      <div class="card-head">
        <h2 id="chatbots">Chatbots</h2>
        <button type="button" class="primary" onClick={onMake}>
          Make a chatbot
        </button>
      </div>
      <Listing what="chatbots" of={found} empty={<NoChatbots isFiltered={chatbotId !== undefined} />}>
        <div class="table-card">
          <table aria-labelledby="chatbots">
            <thead>
              <tr>
                <th scope="col">Id</th>
                <th scope="col">Channels</th>
                <th scope="col">Conversations</th>
                <th scope="col" class="roomy">
                  Made
                </th>
                <th scope="col">Of this chatbot</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {found.rows.map((chatbot) => (
                <Row key={chatbot.chatbotId} of={chatbot} onRemove={() => setRemoved(chatbot)} />
              ))}
            </tbody>
          </table>
        </div>
      </Listing>
      {removed && <RemoveChatbot chatbot={removed} landing={landing} onClose={() => setRemoved(null)} />}
    </section>
  );
}

function Row({
  of: { chatbotId, channelIds, conversations, createdAt },
  onRemove,
}: {
  of: Chatbot;
  onRemove: () => void;
}) {
  const query = queryString({ chatbotId });
  return (
    <tr>
      <th scope="row">
        <Cut text={chatbotId} />
      </th>
      <td>{channelIds.length === 0 ? <span class="dim">any</span> : <Cut text={channelIds.join(', ')} />}</td>
      <td class="nowrap">
        <Link href={`/conversations${query}`} class="row-link">
          {counted(conversations, 'conversation')}
        </Link>
      </td>
      <td class="nowrap roomy">{createdAt === null ? <span class="dim">by its use</span> : <Time at={createdAt} />}</td>
      <td>
        <span class="row-links">
          <Link href={`/requests${query}`}>Requests</Link>
          <Link href={`/faults${query}`}>Faults</Link>
          <Link href={`/chatbots${query}`}>Tokens</Link>
          <Link href={`/state${query}`}>State</Link>
        </span>
      </td>
      <td class="row-actions">
        <button type="button" class="remove" aria-label={`Remove chatbot ${chatbotId}`} onClick={onRemove}>
          Remove…
        </button>
      </td>
    </tr>
  );
}

function NoChatbots({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <EmptyState title="Nothing of this chatbot">
        <p>It was not made, and has no conversations and no channels. A token for it may be there all the same.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No chatbots yet">
      <p>
        Make one, and it comes with a token and a command to try it with. A chatbot is also there as soon as it has a
        conversation.
      </p>
    </EmptyState>
  );
}

/** The one chatbot of the filter, as a list. */
function useOne(chatbotId: string | undefined): Listed<Chatbot> {
  const { data, isPending, error, refetch } = useQuery({
    queryKey: ['chatbots', 'one', chatbotId],
    enabled: chatbotId !== undefined,
    queryFn: ({ signal }) =>
      ask<Chatbot>('GET', `/chatbots/${encodeURIComponent(chatbotId ?? '')}`, { signal }).catch((error) => {
        if (error instanceof ControlPlaneError && error.status === 404) return null;
        throw error;
      }),
  });
  return {
    rows: data ? [data] : [],
    isLoading: isPending,
    isOutdated: false,
    error,
    retry: () => void refetch(),
    showMore: undefined,
    isLoadingMore: false,
  };
}
