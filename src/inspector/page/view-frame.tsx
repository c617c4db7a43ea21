// Where a view stands: it names the tab, and takes care of the place where the reader is.
import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { titleOf } from './views.ts';

export function ViewFrame({ isBusy, children }: { isBusy: boolean; children: ComponentChildren }) {
  const [path] = useLocation();
  const [, view] = path.split('/');
  const main = useRef<HTMLElement>(null);
  const before = useRef(view);
  /** How far down each address was left. */
  const places = useRef(new Map<string, number>());
  const isReturning = useRef(false);

  useEffect(() => {
    document.title = titleOf(path);
  }, [path]);
  useEffect(() => {
    const goBack = (): void => {
      isReturning.current = true;
    };
    window.addEventListener('popstate', goBack);
    return () => window.removeEventListener('popstate', goBack);
  }, []);
  useEffect(() => {
    const { current } = main;
    if (current && view !== before.current && before.current !== '') {
      current.scrollTop = (isReturning.current && places.current.get(location.href)) || 0;
    }
    before.current = view;
    isReturning.current = false;
  }, [path]);

  useCatch(main);

  return (
    <main
      id="view"
      tabIndex={-1}
      aria-busy={isBusy}
      ref={main}
      onScroll={({ currentTarget }) => {
        // What a change of the view does to it says nothing of the new one.
        if (view === before.current) places.current.set(location.href, currentTarget.scrollTop);
      }}
    >
      {children}
    </main>
  );
}

/** Catches the focus when what had it goes: from the beginning of the page it would be a long way back. */
function useCatch(main: RefObject<HTMLElement>): void {
  useEffect(() => {
    const element = main.current as HTMLElement;
    let last: EventTarget | null = null;
    const remember = ({ target }: FocusEvent): void => {
      last = target;
    };
    const observer = new MutationObserver(() => {
      if (!(last instanceof Node) || last.isConnected) return;
      last = null;
      if (document.activeElement === document.body) element.focus({ preventScroll: true });
    });
    element.addEventListener('focusin', remember);
    observer.observe(element, { childList: true, subtree: true });
    return () => {
      element.removeEventListener('focusin', remember);
      observer.disconnect();
    };
  }, []);
}
