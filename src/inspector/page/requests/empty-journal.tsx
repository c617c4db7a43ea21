import { useRef } from 'preact/hooks';
import { ask } from '../api.ts';
import { conversationCurl } from '../conversation-curl.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { Failure } from '../parts/failure.tsx';
import { TextBlock } from '../parts/text-block.tsx';
import { useAct } from '../parts/use-act.ts';

interface Made {
  chatbotId: string;
  token: string;
  channelIds: string[];
}

/** The first screen: the line to try, as it is or with a chatbot and a token that are good for it. */
export function EmptyJournal() {
  const line = useRef<HTMLDivElement>(null);
  const made = useAct<void, Made>({
    act: () => ask('POST', '/chatbots'),
    changes: ['chatbots', 'tokens'],
    said: () => 'Chatbot made',
    landing: line,
  });
  const { chatbotId, token, channelIds: [channelId = 'web'] = [] } = made.data ?? {};
  const command = conversationCurl(location.origin, { chatbotId, token, body: { channelId } });
  return (
    <EmptyState title="No request yet">
      <p>
        {made.data
          ? 'This line works as it stands. Its token is shown here only, until the first request has come.'
          : 'Whatever is asked of the API appears here at once. Try this line, with the token that the server showed at its start:'}
      </p>
      <div class="text" tabIndex={-1} ref={line}>
        <TextBlock text={command} name="curl line" />
      </div>
      {made.error && <Failure error={made.error} />}
      {!made.data && (
        <button type="button" class="primary" aria-disabled={made.isPending} onClick={() => made.mutate()}>
          Make a chatbot with a token for it
        </button>
      )}
    </EmptyState>
  );
}

export function NothingMatches({ onClear }: { onClear: () => void }) {
  return (
    <EmptyState title="No request matches">
      <p>What comes and matches appears here at once.</p>
      <button type="button" onClick={onClear}>
        Show all requests
      </button>
    </EmptyState>
  );
}
