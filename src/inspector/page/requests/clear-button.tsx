import { useQueryClient } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { ask } from '../api.ts';
import { Confirm } from '../parts/confirm.tsx';
import { Name } from '../parts/name.tsx';
import { useAct } from '../parts/use-act.ts';

/** Empties the journal, of one chatbot or of all. */
export function ClearButton({ chatbotId }: { chatbotId: string | undefined }) {
  const [isAsked, setAsked] = useState(false);
  return (
    <>
      <button type="button" class="remove" onClick={() => setAsked(true)}>
        Clear…
      </button>
      {isAsked && <ConfirmClear chatbotId={chatbotId} onClose={() => setAsked(false)} />}
    </>
  );
}

function ConfirmClear({ chatbotId, onClose }: { chatbotId: string | undefined; onClose: () => void }) {
  const queries = useQueryClient();
  const { mutate, isPending, error } = useAct({
    async act() {
      await ask('DELETE', '/requests', { query: chatbotId ? { chatbotId } : { all: 'true' } });
      await queries.resetQueries({ queryKey: ['requests'] });
    },
    changes: [],
    said: () => 'The journal is empty',
    onDone: onClose,
  });
  return (
    <Confirm
      title="Empty the journal?"
      action="Empty the journal"
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate()}
      onClose={onClose}
    >
      <p class="long">
        {chatbotId ? (
          <>
            All requests of the chatbot <Name text={chatbotId} /> go, also those that the filters hide.
          </>
        ) : (
          'All requests of all chatbots go, also those that the filters hide.'
        )}{' '}
        Conversations stay.
      </p>
    </Confirm>
  );
}
