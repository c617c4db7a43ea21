import { useState } from 'preact/hooks';
import { ask } from '../api.ts';
import { Dialog } from '../parts/dialog.tsx';
import { type Duration, DurationField, millisecondsOf } from '../parts/duration-field.tsx';
import { FormEnd } from '../parts/form-end.tsx';
import { useAct } from '../parts/use-act.ts';
import { linesOf, PERMISSIONS } from './grants.ts';
import type { MadeToken } from './new-token-dialog.tsx';

interface MadeChatbot {
  chatbotId: string;
  token: string;
  channelIds: string[];
}

/** Makes a chatbot, which comes with a token. */
export function ChatbotDialog({ onMade, onClose }: { onMade: (made: MadeToken) => void; onClose: () => void }) {
  const [id, setId] = useState('');
  const [channels, setChannels] = useState('');
  const [permissions, setPermissions] = useState('');
  const [expiry, setExpiry] = useState<Duration>({ amount: '', unit: 'hour' });
  const { mutate, isPending, error } = useAct({
    act: () => {
      const expiresIn = millisecondsOf(expiry);
      return ask<MadeChatbot>('POST', '/chatbots', {
        body: {
          ...(id !== '' && { id }),
          ...(linesOf(channels).length > 0 && { channels: linesOf(channels) }),
          ...(linesOf(permissions).length > 0 && {
            grants: linesOf(permissions).map((permission) => ({ permission })),
          }),
          ...(expiresIn !== undefined && { expiresIn: expiresIn / 1000 }),
        },
      });
    },
    changes: ['chatbots', 'tokens'],
    said: () => 'Chatbot made',
    onDone: ({ chatbotId, token, channelIds }) =>
      onMade({ what: 'The chatbot is there, with its token', token, chatbotId, channelId: channelIds[0] }),
  });
  return (
    <Dialog title="Make a chatbot" isOpen onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          mutate();
        }}
      >
        <label>
          Id
          <input
            value={id}
            placeholder="A fresh one"
            spellcheck={false}
            autocomplete="off"
            onInput={({ currentTarget }) => setId(currentTarget.value)}
          />
        </label>
        <label>
          Channels
          <textarea
            value={channels}
            aria-describedby="channels-hint"
            spellcheck={false}
            onInput={({ currentTarget }) => setChannels(currentTarget.value)}
          />
          <span class="hint" id="channels-hint">
            One a line. Without any it takes every channel.
          </span>
        </label>
        <label>
          Permissions of its token
          <textarea
            value={permissions}
            aria-describedby="permissions-hint"
            spellcheck={false}
            onInput={({ currentTarget }) => setPermissions(currentTarget.value)}
          />
          <span class="hint" id="permissions-hint">
            One a line, such as <code>{Object.keys(PERMISSIONS)[0]}</code>. Without any it may do everything on this
            chatbot.
          </span>
        </label>
        <DurationField label="Its token expires in" placeholder="Never" min={0} value={expiry} onChange={setExpiry} />
        <FormEnd error={error} isPending={isPending} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
