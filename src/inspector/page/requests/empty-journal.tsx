import { useMutation, useQueryClient } from '@tanstack/preact-query';
import { ask } from '../api.ts';
import { conversationCurl } from '../conversation-curl.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { Failure } from '../parts/failure.tsx';
import { TextBlock } from '../parts/text-block.tsx';

interface Made {
  chatbotId: string;
  token: string;
  channelIds: string[];
}

/** The first screen: the line to try, as it is or with a chatbot and a token that are good for it. */
export function EmptyJournal() {
  const queries = useQueryClient();
  const made = useMutation({
    mutationFn: () => ask<Made>('POST', '/chatbots'),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['chatbots'] }),
  });
  const { chatbotId, token, channelIds: [channelId = 'web'] = [] } = made.data ?? {};
  const line = conversationCurl(location.origin, { chatbotId, token, body: { channelId } });
  return (
    <EmptyState title="No request yet">
      <p>
        {made.data
          ? 'This line works as it stands. Its token is shown here only, until the page is left.'
          : 'Whatever is asked of the API appears here at once. Try this line, with the token that the server showed at its start:'}
      </p>
      <TextBlock text={line} name="curl line" />
      {made.error && <Failure error={made.error} />}
      {!made.data && (
        <button type="button" class="primary" disabled={made.isPending} onClick={() => made.mutate()}>
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
