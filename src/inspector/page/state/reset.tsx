import { useState } from 'preact/hooks';
import { ask } from '../api.ts';
import { Confirm } from '../parts/confirm.tsx';
import { Failure } from '../parts/failure.tsx';
import { Name } from '../parts/name.tsx';
import { useAct } from '../parts/use-act.ts';
import { scopeOf, useLosses } from './losses.ts';
import { Whose } from './whose.tsx';
import { type Counts, countsInWords } from './words.ts';

export function Reset({ chatbotId }: { chatbotId: string | undefined }) {
  const [isAsked, setAsked] = useState(false);
  return (
    <section class="card" aria-labelledby="reset">
      <div class="card-head">
        <h2 id="reset">
          Reset <Whose chatbotId={chatbotId} otherwise="" />
        </h2>
      </div>
      <div class="card-body">
        <p>
          {chatbotId === undefined
            ? 'Back to the beginning: every chatbot goes with all that it has, and the fixtures are put in again.'
            : 'Conversations, journal entries, faults and the clock of this chatbot go; its channels, tokens and snapshots stay. Its fixtures are put in again.'}
        </p>
        <div class="actions">
          <button type="button" onClick={() => setAsked(true)}>
            {chatbotId === undefined ? 'Reset everything…' : 'Reset this chatbot…'}
          </button>
        </div>
      </div>
      {isAsked && <ConfirmReset chatbotId={chatbotId} onClose={() => setAsked(false)} />}
    </section>
  );
}

function ConfirmReset({ chatbotId, onClose }: { chatbotId: string | undefined; onClose: () => void }) {
  const losses = useLosses(chatbotId);
  const { mutate, isPending, error } = useAct<void, Counts>({
    act: () => ask('POST', '/reset', { query: scopeOf(chatbotId) }),
    changes: ['chatbots', 'tokens', 'conversations', 'requests', 'faults', 'snapshots', 'clock'],
    said: (gone) => `Reset: ${countsInWords(gone)} gone`,
    onDone: onClose,
  });
  return (
    <Confirm
      title={chatbotId === undefined ? 'Reset everything?' : 'Reset the chatbot?'}
      action={chatbotId === undefined ? 'Reset everything' : 'Reset'}
      isBusy={isPending || losses.isPending}
      error={error}
      onConfirm={() => mutate()}
      onClose={onClose}
    >
      {losses.isPending && <p class="dim">Counting what would go…</p>}
      {losses.data && (
        <p class="long">
          This deletes <strong>{countsInWords(losses.data)}</strong>
          {chatbotId !== undefined && (
            <>
              {' '}
              of <Name text={chatbotId} />
            </>
          )}
          . It does not come back.
        </p>
      )}
      {losses.error && <Failure error={losses.error} onRetry={() => void losses.refetch()} />}
      <p class="dim">
        {chatbotId === undefined
          ? 'Tokens that belong to no chatbot stay, and so do snapshots of everything.'
          : 'Its channels, tokens and snapshots stay.'}
      </p>
    </Confirm>
  );
}
