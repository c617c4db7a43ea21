import type { RefObject } from 'preact';
import type { FaultResource } from '../../../control/faults/routes.ts';
import { ask } from '../api.ts';
import { Confirm } from '../parts/confirm.tsx';
import { Name } from '../parts/name.tsx';
import { useAct } from '../parts/use-act.ts';
import { counted } from '../parts/words.ts';
import { effectInWords, firedInWords } from './words.ts';

interface Removal {
  /** Where the focus goes when the row that had it is gone. */
  landing: RefObject<HTMLElement>;
  onClose: () => void;
}

export function RemoveFault({ fault, landing, onClose }: Removal & { fault: FaultResource }) {
  const { mutate, isPending, error } = useAct({
    act: () => ask('DELETE', `/faults/${encodeURIComponent(fault.id)}`),
    changes: ['faults'],
    said: () => 'Fault removed',
    onDone: onClose,
    landing,
  });
  return (
    <Confirm
      title="Remove the fault?"
      action="Remove"
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate()}
      onClose={onClose}
    >
      <p class="long">
        The one that <Name text={effectInWords(fault.effect)} /> goes. It has fired: {firedInWords(fault)}.
      </p>
    </Confirm>
  );
}

export function RemoveFaults({ chatbotId, count, landing, onClose }: Removal & { chatbotId: string; count: number }) {
  const { mutate, isPending, error } = useAct({
    act: () => ask('DELETE', '/faults', { query: { chatbotId } }),
    changes: ['faults'],
    said: () => 'Faults removed',
    onDone: onClose,
    landing,
  });
  return (
    <Confirm
      title="Remove all faults of the chatbot?"
      action="Remove all"
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate()}
      onClose={onClose}
    >
      <p class="long">
        <strong>{counted(count, 'fault')}</strong> that {count === 1 ? 'names' : 'name'} <Name text={chatbotId} /> will
        go, with how often each has fired. Those for any chatbot stay.
      </p>
    </Confirm>
  );
}
