import { useState } from 'preact/hooks';
import { useChatbotIds } from '../parts/pages.ts';
import { PERMISSIONS } from './grants.ts';

export interface AskedGrant {
  permission: string;
  /** `*` for every one. */
  chatbotId: string;
}

/** What a token may do, grant by grant. */
export function GrantFields({
  value: grants,
  onChange,
}: {
  value: AskedGrant[];
  onChange: (grants: AskedGrant[]) => void;
}) {
  const chatbotIds = useChatbotIds();
  const change = (index: number, changed: Partial<AskedGrant>): void =>
    onChange(grants.map((grant, at) => (at === index ? { ...grant, ...changed } : grant)));
  return (
    <div class="form">
      {grants.map((grant, index) => (
        <fieldset key={`grant ${index}`}>
          <legend>
            {grants.length === 1 ? 'What it may do' : `What it may do (${index + 1} of ${grants.length})`}
          </legend>
          <div class="form-row">
            <Permission value={grant.permission} onChange={(permission) => change(index, { permission })} />
            <label>
              On chatbot
              <input
                required
                value={grant.chatbotId}
                placeholder="An id, or * for every one"
                list="grant-chatbots"
                spellcheck={false}
                onInput={({ currentTarget }) => change(index, { chatbotId: currentTarget.value })}
              />
            </label>
          </div>
          {grants.length > 1 && (
            <button type="button" class="remove" onClick={() => onChange(grants.filter((_, at) => at !== index))}>
              Leave this out
            </button>
          )}
        </fieldset>
      ))}
      <datalist id="grant-chatbots">
        <option value="*">every chatbot</option>
        {chatbotIds.map((id) => (
          <option key={id} value={id} />
        ))}
      </datalist>
      <button
        type="button"
        class="begin"
        onClick={() => onChange([...grants, { permission: '*', chatbotId: grants.at(-1)?.chatbotId ?? '' }])}
      >
        One more grant
      </button>
    </div>
  );
}

const OTHER = 'other';

/** One of the usual permissions, or another one that is typed. */
function Permission({ value, onChange }: { value: string; onChange: (permission: string) => void }) {
  const [isOther, setOther] = useState(!Object.hasOwn(PERMISSIONS, value));
  return (
    <div class="form">
      <label>
        Permission
        <select
          value={isOther ? OTHER : value}
          onChange={({ currentTarget }) => {
            setOther(currentTarget.value === OTHER);
            onChange(currentTarget.value === OTHER ? '' : currentTarget.value);
          }}
        >
          {Object.entries(PERMISSIONS).map(([permission, words]) => (
            <option key={permission} value={permission}>
              {permission} ({words})
            </option>
          ))}
          <option value={OTHER}>another…</option>
        </select>
      </label>
      {isOther && (
        <input
          aria-label="Other permission"
          required
          value={value}
          placeholder="chatbots.inbox.conversations.read"
          spellcheck={false}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      )}
    </div>
  );
}
