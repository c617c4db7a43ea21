import { useState } from 'preact/hooks';
import { ask } from '../api.ts';
import { Failure } from '../parts/failure.tsx';
import { useAct } from '../parts/use-act.ts';
import { pathOf, type Snapshot } from './snapshot.ts';

/** Saves the state under a name; one that is taken is taken over, which is said before. */
export function SaveSnapshot({
  chatbotId,
  snapshots,
}: {
  chatbotId: string | undefined;
  snapshots: readonly Snapshot[];
}) {
  const [name, setName] = useState('');
  const isTaken = snapshots.some((snapshot) => snapshot.name === name && snapshot.chatbotId === (chatbotId ?? null));
  const { mutate, isPending, error } = useAct({
    act: () => ask<Snapshot>('PUT', pathOf(name), { query: { chatbotId } }),
    changes: ['snapshots'],
    said: () => 'Snapshot saved',
    onDone: () => setName(''),
  });
  return (
    <form
      class="form card-form"
      onSubmit={(event) => {
        event.preventDefault();
        mutate();
      }}
    >
      <div class="field-and-button">
        <label>
          Name of a new snapshot
          <input
            required
            maxLength={200}
            value={name}
            placeholder="before-the-import"
            autocomplete="off"
            aria-describedby="snapshot-hint"
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </label>
        <button type="submit" aria-disabled={isPending}>
          {isTaken ? 'Save over it' : 'Save'}
        </button>
      </div>
      <p class="hint" id="snapshot-hint">
        {isTaken
          ? 'There is one of this name: it will be replaced.'
          : `Of ${chatbotId === undefined ? 'everything' : 'this chatbot'}: conversations, channels, tokens, and faults with their counts.`}
      </p>
      {error && <Failure error={error} />}
    </form>
  );
}
