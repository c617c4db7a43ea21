import type { FaultForm, Mistakes } from './form.ts';

export interface EffectFieldsProps {
  form: FaultForm;
  mistakes: Mistakes;
  onChange: (changed: Partial<FaultForm>) => void;
}

const KINDS: Record<FaultForm['kind'], string> = {
  status: 'a status',
  error: '201 with an error',
  connection: 'a broken connection',
  delay: 'as usual, after a delay',
};

const CONNECTIONS: Record<FaultForm['connection'], string> = {
  reset: 'reset',
  empty: 'closed without a byte',
  truncate: 'closed within the body',
  garbage: 'bytes that are no HTTP',
};

const BODIES: Record<FaultForm['bodyKind'], string> = {
  usual: 'the usual one',
  json: 'JSON',
  text: 'text',
};

/** What the request is answered with. */
export function EffectFields({ form, mistakes, onChange }: EffectFieldsProps) {
  return (
    <fieldset>
      <legend>The answer</legend>
      <div class="form-row">
        <Choice label="Answer with" names={KINDS} value={form.kind} onChange={(kind) => onChange({ kind })} />
        {form.kind === 'status' && (
          <>
            <label>
              Status
              <input
                type="number"
                required
                min={200}
                max={599}
                value={form.status}
                onInput={({ currentTarget }) => onChange({ status: currentTarget.value })}
              />
            </label>
            <Choice label="Body" names={BODIES} value={form.bodyKind} onChange={(bodyKind) => onChange({ bodyKind })} />
          </>
        )}
        {form.kind === 'connection' && (
          <Choice
            label="Connection"
            names={CONNECTIONS}
            value={form.connection}
            onChange={(connection) => onChange({ connection })}
          />
        )}
        {form.kind === 'error' && (
          <label>
            Error
            <input
              required
              value={form.error}
              onInput={({ currentTarget }) => onChange({ error: currentTarget.value })}
            />
          </label>
        )}
      </div>
      {form.kind === 'status' && form.bodyKind !== 'usual' && (
        <Lines
          label={form.bodyKind === 'json' ? 'Body, as JSON' : 'Body, as text'}
          value={form.body}
          mistake={mistakes.body}
          onChange={(body) => onChange({ body })}
        />
      )}
      {form.kind === 'status' && (
        <Lines
          label="Headers"
          placeholder="Retry-After: 30"
          value={form.headers}
          mistake={mistakes.headers}
          onChange={(headers) => onChange({ headers })}
        />
      )}
    </fieldset>
  );
}

export interface ChoiceProps<Value extends string> {
  label: string;
  names: Partial<Record<Value, string>>;
  value: Value;
  onChange: (value: Value) => void;
}

export function Choice<Value extends string>({ label, names, value, onChange }: ChoiceProps<Value>) {
  return (
    <label>
      {label}
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value as Value)}>
        {(Object.entries(names) as [Value, string][]).map(([name, words]) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

interface LinesProps {
  label: string;
  value: string;
  placeholder?: string;
  mistake: string | undefined;
  onChange: (value: string) => void;
}

function Lines({ label, value, placeholder = '', mistake, onChange }: LinesProps) {
  const id = `mistake-${label[0]}`;
  return (
    <div class="form-field">
      <label>
        {label}
        <textarea
          rows={2}
          spellcheck={false}
          value={value}
          placeholder={placeholder}
          aria-invalid={mistake !== undefined}
          aria-describedby={mistake === undefined ? undefined : id}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      </label>
      {mistake !== undefined && (
        <p class="mistake" role="alert" id={id}>
          {mistake}
        </p>
      )}
    </div>
  );
}
