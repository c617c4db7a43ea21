import type { Ref } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

export interface SearchFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
  /** Values to offer. */
  offers?: readonly string[];
  field?: Ref<HTMLInputElement>;
  /** Takes the room that is left. */
  isWide?: boolean;
}

/** How long nobody must have typed before it is searched, in milliseconds. */
const PAUSE = 200;

/** A field whose value counts a moment after the typing. Escape empties it. */
export function SearchField({ label, value, onChange, placeholder, offers, field, isWide = false }: SearchFieldProps) {
  const [typed, setTyped] = useState(value);
  // The address changed under it: by a link, or by going back.
  const given = useRef(value);
  useEffect(() => {
    if (value !== given.current) setTyped(value);
    given.current = value;
  }, [value]);
  // What is offered is meant as it is; around anything else blanks are a slip.
  const meant = typed === value || offers?.includes(typed) ? typed : typed.trim();
  const give = (text: string): void => {
    given.current = text;
    onChange(text);
  };
  useEffect(() => {
    if (meant === value) return;
    const timer = setTimeout(() => give(meant), PAUSE);
    return () => clearTimeout(timer);
  }, [meant]);
  const list = offers && `offers-${label.replace(/\W/g, '-')}`;
  return (
    <label class={isWide ? 'search wide' : 'search'}>
      <span>{label}</span>
      <input
        ref={field ?? null}
        type="search"
        value={typed}
        placeholder={placeholder ?? ''}
        list={list}
        spellcheck={false}
        onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') give(meant);
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          if (typed === '') event.currentTarget.blur();
          else give('');
          setTyped('');
        }}
      />
      {offers && (
        <datalist id={list}>
          {offers.map((offer) => (
            <option key={offer} value={offer} />
          ))}
        </datalist>
      )}
    </label>
  );
}
