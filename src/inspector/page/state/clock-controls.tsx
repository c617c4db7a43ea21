import { useState } from 'preact/hooks';
import { type Duration, DurationField, millisecondsOf } from '../parts/duration-field.tsx';
import { inMilliseconds } from '../parts/words.ts';
import type { ClockChange } from './clock.tsx';

const STEPS = [
  ['+1 minute', inMilliseconds(1, 'minute')],
  ['+1 hour', inMilliseconds(1, 'hour')],
  ['+1 day', inMilliseconds(1, 'day')],
  ['+30 days', inMilliseconds(30, 'day')],
] as const;

export interface ClockControlsProps {
  isFrozen: boolean;
  isBusy: boolean;
  onChange: (change: ClockChange) => void;
}

export function ClockControls({ isFrozen, isBusy, onChange }: ClockControlsProps) {
  const [step, setStep] = useState<Duration>({ amount: '', unit: 'hour' });
  const [time, setTime] = useState('');
  return (
    <div class="form">
      <div class="actions">
        <button type="button" aria-disabled={isBusy} onClick={() => onChange({ freeze: !isFrozen })}>
          {isFrozen ? 'Run' : 'Freeze'}
        </button>
        <button type="button" aria-disabled={isBusy} onClick={() => onChange({ reset: true })}>
          Back to the system’s time
        </button>
      </div>
      <fieldset class="plain">
        <legend>Go forward</legend>
        <div class="actions">
          {STEPS.map(([name, advanceMs]) => (
            <button key={name} type="button" aria-disabled={isBusy} onClick={() => onChange({ advanceMs })}>
              {name}
            </button>
          ))}
        </div>
      </fieldset>
      <form
        class="field-and-button"
        onSubmit={(event) => {
          event.preventDefault();
          onChange({ advanceMs: millisecondsOf(step) ?? 0 });
        }}
      >
        <DurationField label="Advance by" placeholder="Back when negative" isRequired value={step} onChange={setStep} />
        <button type="submit" aria-disabled={isBusy}>
          Advance
        </button>
      </form>
      <form
        class="field-and-button"
        onSubmit={(event) => {
          event.preventDefault();
          onChange({ set: new Date(time).toISOString() });
        }}
      >
        <label>
          Set to, in your time zone
          <input
            type="datetime-local"
            step={1}
            required
            min="1970-01-02T00:00:00"
            max="9999-12-30T23:59:59"
            value={time}
            onInput={({ currentTarget }) => setTime(currentTarget.value)}
          />
        </label>
        <button type="submit" aria-disabled={isBusy}>
          Set
        </button>
      </form>
    </div>
  );
}
