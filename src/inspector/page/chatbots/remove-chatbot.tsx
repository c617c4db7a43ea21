import { useQuery } from '@tanstack/preact-query';
import type { RefObject } from 'preact';
import type { Chatbot } from '../../../control/chatbot.ts';
import type { TokenView } from '../../../control/tokens.ts';
import { ask } from '../api.ts';
import { Confirm } from '../parts/confirm.tsx';
import { Failure } from '../parts/failure.tsx';
import { Name } from '../parts/name.tsx';
import { useAct } from '../parts/use-act.ts';
import { useLosses } from '../state/losses.ts';
import { countsInWords } from '../state/words.ts';

export interface RemoveChatbotProps {
  chatbot: Chatbot;
  landing: RefObject<HTMLElement>;
  onClose: () => void;
}

/** Asks before a chatbot goes, with what goes with it. */
export function RemoveChatbot({ chatbot: { chatbotId }, landing, onClose }: RemoveChatbotProps) {
  const losses = useLosses(chatbotId);
  // A reset leaves these, and a removal does not.
  const more = useQuery({
    queryKey: ['losses', 'more', chatbotId],
    gcTime: 0,
    queryFn: async ({ signal }) => {
      const query = { chatbotId, limit: 1000 };
      const [{ tokens }, { snapshots }] = await Promise.all([
        ask<{ tokens: TokenView[] }>('GET', '/tokens', { query, signal }),
        ask<{ snapshots: unknown[] }>('GET', '/snapshots', { query, signal }),
      ]);
      return { tokens: tokens.length, snapshots: snapshots.length };
    },
  });
  const { mutate, isPending, error } = useAct({
    act: () => ask('DELETE', `/chatbots/${encodeURIComponent(chatbotId)}`),
    changes: ['chatbots', 'tokens', 'conversations', 'requests', 'faults', 'snapshots', 'clock'],
    said: () => 'Chatbot removed',
    onDone: onClose,
    landing,
  });
  const unknown = losses.error ?? more.error;
  return (
    <Confirm
      title="Remove the chatbot?"
      action="Remove"
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate()}
      onClose={onClose}
    >
      <p class="long">
        <Name text={chatbotId} /> goes with its channels and its own clock
        {losses.data && more.data ? (
          <>
            , and with it <strong>{countsInWords({ ...losses.data, ...more.data })}</strong>.
          </>
        ) : (
          ' and all that belongs to it.'
        )}{' '}
        It does not come back.
      </p>
      {unknown && <Failure error={unknown} />}
    </Confirm>
  );
}
