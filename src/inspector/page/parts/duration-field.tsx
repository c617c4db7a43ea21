import { inMilliseconds, UNIT_NAMES, type Unit } from './words.ts';

export interface Duration {
  /** As typed. */
  amount: string;
  unit: Unit;
}

/** The milliseconds of a duration; `undefined` when none was typed. */
export function millisecondsOf({ amount, unit }: Duration): number | undefined {
  return amount === '' ? undefined : inMilliseconds(Number(amount), unit);
}

/** So many seconds, minutes, hours or days. */
export function DurationField({
  label,
  value,
  onChange,
  placeholder,
  min,
  isRequired = false,
}: {
  label: string;
  value: Duration;
  onChange: (value: Duration) => void;
  placeholder?: string;
  min?: number;
  isRequired?: boolean;
}) {
  return (
    <div class="duration">
      <label>
        {label}
        <input
          type="number"
          step="any"
          {...(min !== undefined && { min })}
          required={isRequired}
          placeholder={placeholder ?? ''}
          value={value.amount}
          onInput={({ currentTarget }) => onChange({ ...value, amount: currentTarget.value })}
        />
      </label>
      <select
        aria-label={`${label}, unit`}
        value={value.unit}
        onChange={({ currentTarget }) => onChange({ ...value, unit: currentTarget.value as Unit })}
      >
        {UNIT_NAMES.map((unit) => (
          <option key={unit} value={unit}>
            {unit}s
          </option>
        ))}
      </select>
    </div>
  );
}
