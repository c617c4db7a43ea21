import { useChatbotIds } from '../parts/pages.ts';
import type { Condition, FaultForm } from './form.ts';
import { MATCHED, MATCHED_NAMES, type Matched } from './words.ts';

export interface MatchFieldsProps {
  value: FaultForm['match'];
  onChange: (match: FaultForm['match']) => void;
}

/** Whom the fault meets: the chatbot first, and what else it may look at when somebody wants it. */
export function MatchFields({ value: match, onChange }: MatchFieldsProps) {
  const chatbotIds = useChatbotIds();
  const field = (name: Matched) => (
    <Field
      key={name}
      name={name}
      value={match[name]}
      list={name === 'chatbotId' ? 'match-chatbots' : undefined}
      onChange={(condition) => onChange({ ...match, [name]: condition })}
    />
  );
  return (
    <fieldset>
      <legend>Whom it meets</legend>
      {field('chatbotId')}
      <datalist id="match-chatbots">
        {chatbotIds.map((id) => (
          <option key={id} value={id} />
        ))}
      </datalist>
      <details>
        <summary>By channel, name, email or phone</summary>
        <div class="form">{MATCHED.slice(1).map(field)}</div>
      </details>
    </fieldset>
  );
}

interface FieldProps {
  name: Matched;
  value: Condition;
  list: string | undefined;
  onChange: (condition: Condition) => void;
}

function Field({ name, value, list, onChange }: FieldProps) {
  const label = MATCHED_NAMES[name].replace(/^./, (first) => first.toUpperCase());
  return (
    <div class="condition">
      <label>
        {label}
        <input
          value={value.text}
          placeholder="Any"
          spellcheck={false}
          autocomplete="off"
          list={list}
          onInput={({ currentTarget }) => onChange({ ...value, text: currentTarget.value })}
        />
      </label>
      <select
        aria-label={`How ${label.toLowerCase()} is compared`}
        value={String(value.isPattern)}
        onChange={({ currentTarget }) => onChange({ ...value, isPattern: currentTarget.value === 'true' })}
      >
        <option value="false">exactly</option>
        <option value="true">as a pattern</option>
      </select>
    </div>
  );
}
