import { useState } from 'preact/hooks';
import { giveToken } from './api.ts';
import { Dialog } from './parts/dialog.tsx';

/** Asks for the admin token, and for another one when it was wrong. */
export function TokenDialog({ isOpen, wasGiven }: { isOpen: boolean; wasGiven: boolean }) {
  const [token, setToken] = useState('');
  return (
    <Dialog title="The control plane asks for its token" isOpen={isOpen}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          giveToken(token.trim());
          setToken('');
        }}
      >
        <p>
          It is the value of <code>STUB_ADMIN_TOKEN</code>, or the one that the server showed at its start. It stays in
          this tab.
        </p>
        {wasGiven && (
          <p class="problem" role="alert">
            The server refused the token that was given.
          </p>
        )}
        <label>
          Admin token
          <input
            type="password"
            autocomplete="off"
            required
            value={token}
            onInput={({ currentTarget }) => setToken(currentTarget.value)}
          />
        </label>
        <div class="actions">
          <button type="submit" class="primary">
            Continue
          </button>
        </div>
      </form>
    </Dialog>
  );
}
