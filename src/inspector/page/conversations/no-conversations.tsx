import { Link } from 'wouter-preact';
import { conversationCurl } from '../conversation-curl.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { TextBlock } from '../parts/text-block.tsx';

export function NoConversations({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (isFiltered) {
    return (
      <EmptyState title="No conversation is like that">
        <p>Nothing that is stored fits the filters. A request that was refused has left nothing here.</p>
        <button type="button" onClick={onClear}>
          Clear the filters
        </button>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No conversations yet">
      <p>The first one that is made stands here. With a token in $STUB_TOKEN, this makes one:</p>
      <TextBlock name="the command" text={conversationCurl(window.location.origin, {})} />
      <p>
        No token at hand? <Link href="/chatbots?make=chatbot">Make a chatbot</Link>, and it comes with one.
      </p>
    </EmptyState>
  );
}
