import { Choice } from './effect-fields.tsx';
import type { FaultForm } from './form.ts';

const DELAYS: Record<FaultForm['delay'], string> = {
  none: 'none',
  fixed: 'always as long',
  uniform: 'between two',
  lognormal: 'mostly short, now and then long',
};

type Typed = 'delayMs' | 'shortest' | 'longest' | 'median' | 'sigma';

const FIELDS: Record<FaultForm['delay'], readonly (readonly [Typed, string])[]> = {
  none: [],
  fixed: [['delayMs', 'Milliseconds']],
  uniform: [
    ['shortest', 'Shortest, ms'],
    ['longest', 'Longest, ms'],
  ],
  lognormal: [
    ['median', 'Median, ms'],
    ['sigma', 'Sigma'],
  ],
};

/** How long the request waits before that. */
export function DelayFields({ form, onChange }: { form: FaultForm; onChange: (changed: Partial<FaultForm>) => void }) {
  const { none, ...some } = DELAYS;
  // A fault that is a delay alone has one.
  const isAlone = form.kind === 'delay';
  const delay = isAlone && form.delay === 'none' ? 'fixed' : form.delay;
  return (
    <fieldset>
      <legend>The delay before it</legend>
      <div class="form-row">
        <Choice
          label="Delay"
          names={isAlone ? some : { none, ...some }}
          value={delay}
          onChange={(chosen) => onChange({ delay: chosen })}
        />
        {FIELDS[delay].map(([field, name]) => (
          <label key={field}>
            {name}
            <input
              type="number"
              step="any"
              min={0}
              required
              value={form[field]}
              onInput={({ currentTarget }) => onChange({ [field]: currentTarget.value })}
            />
          </label>
        ))}
      </div>
    </fieldset>
  );
}
