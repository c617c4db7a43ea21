import { useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { queryString } from '../api.ts';
import { ChatbotField } from '../parts/chatbot-field.tsx';
import { useFilters, useLastSegment } from '../parts/filters.ts';
import { Listing } from '../parts/listing.tsx';
import { usePages } from '../parts/pages.ts';
import { SearchField } from '../parts/search-field.tsx';
import { type Conversation, keyOf, pathOf } from './conversation.ts';
import { ConversationPanel } from './conversation-panel.tsx';
import { ConversationTable } from './conversation-table.tsx';
import { NoConversations } from './no-conversations.tsx';

/**
 * The conversations, and one of them beside the list.
 *
 * The address names the chatbot of the one that is open, which narrows the list; `list=all` keeps the list as it was.
 */
export function ConversationsView({ id: isOpen }: { id: string | undefined }) {
  const [{ chatbotId, channelId, text, list }, setFilters] = useFilters(['chatbotId', 'channelId', 'text', 'list']);
  const [, navigate] = useLocation();
  const segment = useLastSegment();
  const id = isOpen === undefined ? undefined : segment;
  const whose = list === 'all' ? undefined : chatbotId;
  const found = usePages<Conversation>('conversations', { chatbotId: whose, channelId, text, order: 'desc' });
  const heading = useRef<HTMLHeadingElement>(null);
  const table = useRef<HTMLDivElement>(null);

  const filters = { chatbotId: whose, channelId, text };
  const open = (conversation: Conversation): string =>
    pathOf(conversation) +
    queryString({ ...filters, chatbotId: conversation.chatbotId, list: whose === undefined ? 'all' : undefined });
  const close = (): void => navigate(`/conversations${queryString(filters)}`);

  // Back to where one was: its row, or the top when the row is gone.
  const opened = useRef<string>();
  useEffect(() => {
    if (id !== undefined) {
      opened.current = keyOf({ id, chatbotId: chatbotId ?? '' });
      return;
    }
    if (opened.current === undefined) return;
    // A row that is being deleted is there for another moment.
    const links = [...(table.current?.querySelectorAll<HTMLElement>('[data-key]') ?? [])];
    (links.find(({ dataset }) => dataset['key'] === opened.current) ?? heading.current)?.focus();
    opened.current = undefined;
  }, [id, chatbotId]);

  const leaveForGood = (): void => {
    opened.current = '';
    close();
  };

  return (
    <div class={id === undefined ? 'view' : 'view view-beside'}>
      <div class="view-list">
        <div class="view-head">
          <h1 tabIndex={-1} ref={heading}>
            Conversations
          </h1>
        </div>
        <search class="filters">
          <ChatbotField value={whose} onChange={(value) => setFilters({ chatbotId: value, list: undefined })} />
          <SearchField
            label="Channel"
            placeholder="Any"
            value={channelId ?? ''}
            onChange={(value) => setFilters({ channelId: value })}
          />
          <SearchField
            label="Search"
            placeholder="Name, email, phone or id"
            isWide
            value={text ?? ''}
            onChange={(value) => setFilters({ text: value })}
          />
        </search>
        <div class="card" ref={table}>
          <Listing
            what="conversations"
            of={found}
            empty={
              <NoConversations
                isFiltered={Boolean(whose || channelId || text)}
                onClear={() => navigate('/conversations')}
              />
            }
          >
            <ConversationTable
              conversations={found.rows}
              isOfOne={whose !== undefined}
              current={id === undefined ? undefined : keyOf({ id, chatbotId: chatbotId ?? '' })}
              hrefOf={open}
            />
          </Listing>
        </div>
      </div>
      {id !== undefined && (
        <ConversationPanel
          key={`${chatbotId} ${id}`}
          id={id}
          chatbotId={chatbotId}
          onClose={close}
          onDeleted={leaveForGood}
        />
      )}
    </div>
  );
}
