import type { RefObject } from 'preact';
import { ask } from '../api.ts';
import { Confirm } from '../parts/confirm.tsx';
import { Failure } from '../parts/failure.tsx';
import { Name } from '../parts/name.tsx';
import { Time } from '../parts/time.tsx';
import { useAct } from '../parts/use-act.ts';
import { counted } from '../parts/words.ts';
import { scopeOf, useLosses } from './losses.ts';
import { pathOf, type Snapshot } from './snapshot.ts';
import { countsInWords } from './words.ts';

/** Says what comes back and what goes before it is done. */
export function RestoreSnapshot({
  of: { name, chatbotId, conversations, createdAt },
  onClose,
}: {
  of: Snapshot;
  onClose: () => void;
}) {
  const whose = chatbotId ?? undefined;
  const losses = useLosses(whose);
  const { mutate, isPending, error } = useAct({
    act: () => ask<Snapshot>('POST', `${pathOf(name)}/restore`, { query: scopeOf(whose) }),
    changes: ['chatbots', 'tokens', 'conversations', 'faults', 'snapshots', 'clock'],
    said: () => 'Snapshot restored',
    onDone: onClose,
  });
  return (
    <Confirm
      title="Restore the snapshot?"
      action="Restore"
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate()}
      onClose={onClose}
    >
      <p class="long">
        The state of {chatbotId === null ? 'everything' : <Name text={chatbotId} />} is put back to <Name text={name} />
        , saved <Time at={createdAt} isFull />.
      </p>
      <dl class="facts">
        <dt>Comes back</dt>
        <dd>
          <strong>{counted(conversations, 'conversation')}</strong>, with the channels, tokens and faults of that time.
          A token that was revoked since is good again.
        </dd>
        <dt>Goes</dt>
        <dd>
          {losses.data ? (
            <>
              What is there now and is not in it, of{' '}
              <strong>{countsInWords({ ...losses.data, requests: 0, snapshots: 0 })}</strong>. The clock runs by the
              system.
            </>
          ) : (
            'What came after it. The clock runs by the system.'
          )}
        </dd>
        <dt>Stays</dt>
        <dd>The journal of requests.</dd>
      </dl>
      {losses.error && <Failure error={losses.error} />}
    </Confirm>
  );
}

export function DeleteSnapshot({
  of: { name, chatbotId, conversations },
  landing,
  onClose,
}: {
  of: Snapshot;
  landing: RefObject<HTMLElement>;
  onClose: () => void;
}) {
  const { mutate, isPending, error } = useAct({
    act: () => ask('DELETE', pathOf(name), { query: { chatbotId: chatbotId ?? undefined } }),
    changes: ['snapshots'],
    said: () => 'Snapshot deleted',
    onDone: onClose,
    landing,
  });
  return (
    <Confirm
      title="Delete the snapshot?"
      action="Delete"
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate()}
      onClose={onClose}
    >
      <p class="long">
        <Name text={name} /> goes, with the {counted(conversations, 'conversation')} that it holds. What is there now
        stays as it is.
      </p>
    </Confirm>
  );
}
