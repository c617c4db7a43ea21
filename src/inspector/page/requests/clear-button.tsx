import { useMutation, useQueryClient } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { ask } from '../api.ts';
import { announce } from '../parts/announcements.tsx';
import { Confirm } from '../parts/confirm.tsx';

/** Empties the journal, of one chatbot or of all. */
export function ClearButton({ chatbotId, isDisabled }: { chatbotId: string | undefined; isDisabled: boolean }) {
  const [isAsking, setAsking] = useState(false);
  const queries = useQueryClient();
  const clear = useMutation({
    mutationFn: () => ask('DELETE', '/requests', { query: chatbotId ? { chatbotId } : { all: 'true' } }),
    onSuccess: async () => {
      await queries.resetQueries({ queryKey: ['requests'] });
      setAsking(false);
      announce('The journal is empty');
    },
  });
  return (
    <>
      <button type="button" class="remove" disabled={isDisabled} onClick={() => setAsking(true)}>
        Clear…
      </button>
      <Confirm
        title="Empty the journal?"
        action="Empty the journal"
        isOpen={isAsking}
        isBusy={clear.isPending}
        error={clear.error}
        onConfirm={() => clear.mutate()}
        onClose={() => setAsking(false)}
      >
        <p>
          {chatbotId ? (
            <>
              All requests of the chatbot <b class="mono">{chatbotId}</b> go, also those that the filters hide.
            </>
          ) : (
            'All requests of all chatbots go, also those that the filters hide.'
          )}{' '}
          Conversations stay.
        </p>
      </Confirm>
    </>
  );
}
