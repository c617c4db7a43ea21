import { useRef, useState } from 'preact/hooks';
import { ChatbotField } from '../parts/chatbot-field.tsx';
import { useFilters } from '../parts/filters.ts';
import { ChatbotDialog } from './chatbot-dialog.tsx';
import { ChatbotList } from './chatbot-list.tsx';
import { type MadeToken, NewTokenDialog } from './new-token-dialog.tsx';
import { TokenDialog } from './token-dialog.tsx';
import { TokenList } from './token-list.tsx';

/** The chatbots and the tokens. `?make=token` opens the form of a token with what else the address says. */
export function ChatbotsView() {
  const [{ chatbotId, make, permission, chatbot }, setQuery] = useFilters([
    'chatbotId',
    'make',
    'permission',
    'chatbot',
  ]);
  const [made, setMade] = useState<MadeToken | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const close = (): void => setQuery({ make: undefined, permission: undefined, chatbot: undefined });
  const show = (token: MadeToken): void => {
    close();
    setMade(token);
  };

  return (
    <div class="view">
      <div class="view-head">
        <h1 tabIndex={-1} ref={heading}>
          Chatbots & tokens
        </h1>
        <search class="filters">
          <ChatbotField value={chatbotId} onChange={(value) => setQuery({ chatbotId: value })} />
        </search>
      </div>
      <ChatbotList chatbotId={chatbotId} onMake={() => setQuery({ make: 'chatbot' })} landing={heading} />
      <TokenList chatbotId={chatbotId} onMake={() => setQuery({ make: 'token' })} />
      {make === 'chatbot' && <ChatbotDialog onMade={show} onClose={close} />}
      {make === 'token' && (
        <TokenDialog permission={permission} chatbotId={chatbot ?? chatbotId} onMade={show} onClose={close} />
      )}
      {made && <NewTokenDialog of={made} onClose={() => setMade(null)} />}
    </div>
  );
}
