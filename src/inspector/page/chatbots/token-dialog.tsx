import { useState } from 'preact/hooks';
import type { TokenView } from '../../../control/tokens.ts';
import { ask } from '../api.ts';
import { Dialog } from '../parts/dialog.tsx';
import { type Duration, DurationField, millisecondsOf } from '../parts/duration-field.tsx';
import { FormEnd } from '../parts/form-end.tsx';
import { useAct } from '../parts/use-act.ts';
import { type AskedGrant, GrantFields } from './grant-fields.tsx';
import { chatbotOf, PERMISSIONS, resourceOf } from './grants.ts';
import type { MadeToken } from './new-token-dialog.tsx';

export interface TokenDialogProps {
  permission: string | undefined;
  chatbotId: string | undefined;
  onMade: (made: MadeToken) => void;
  onClose: () => void;
}

const [USUAL] = Object.keys(PERMISSIONS) as [string];

/** Makes a token. */
export function TokenDialog({ permission = USUAL, chatbotId = '', onMade, onClose }: TokenDialogProps) {
  const [name, setName] = useState('');
  const [grants, setGrants] = useState<AskedGrant[]>([{ permission, chatbotId }]);
  const [expiry, setExpiry] = useState<Duration>({ amount: '', unit: 'hour' });
  const [token, setToken] = useState('');
  const { mutate, isPending, error } = useAct({
    act: () => {
      const expiresIn = millisecondsOf(expiry);
      return ask<TokenView & { token: string }>('POST', '/tokens', {
        body: {
          ...(name !== '' && { name }),
          grants: grants.map((grant) => ({ permission: grant.permission, resource: resourceOf(grant.chatbotId) })),
          ...(expiresIn !== undefined && { expiresIn: expiresIn / 1000 }),
          ...(token !== '' && { token }),
        },
      });
    },
    changes: ['tokens'],
    said: () => 'Token made',
    onDone: (made) =>
      onMade({ what: 'The token is made', token: made.token, chatbotId: chatbotOf(made.grants), channelId: undefined }),
  });

  return (
    <Dialog title="Make a token" isOpen onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          mutate();
        }}
      >
        <label>
          Name
          <input
            value={name}
            placeholder="Shown in lists and in the reason of a refusal"
            autocomplete="off"
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </label>
        <GrantFields value={grants} onChange={setGrants} />
        <DurationField label="Expires in" placeholder="Never" min={0} value={expiry} onChange={setExpiry} />
        <label>
          Token of your own
          <input
            value={token}
            placeholder="A fresh one"
            spellcheck={false}
            autocomplete="off"
            onInput={({ currentTarget }) => setToken(currentTarget.value)}
          />
        </label>
        <FormEnd error={error} isPending={isPending} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
