import { useEffect, useRef } from 'preact/hooks';

/** Where these keys are for typing. */
const FIELDS = 'input, select, textarea, [contenteditable], dialog';
/** What has the key Enter for itself. */
const ACTIVE = 'a, button, summary';

/** Keys of a whole view, by their names in `KeyboardEvent.key`. */
export function useKeys(keys: Record<string, () => unknown>): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const action = latest.current[event.key];
      const target = event.target as Element;
      if (event.defaultPrevented) return;
      if (!action || event.ctrlKey || event.metaKey || event.altKey || target.closest(FIELDS)) return;
      // A dialog whose button has gone leaves the focus to nobody.
      if (document.querySelector('dialog[open]')) return;
      if (event.key === 'Enter' && target.closest(ACTIVE)) return;
      // In the details these keys scroll.
      if (event.key !== 'Escape' && event.key !== '/' && target.closest('.details, .panel')) return;
      event.preventDefault();
      action();
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, []);
}
