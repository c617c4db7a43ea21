import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import type { Window } from './window.ts';

/** What of a scrolled list can be seen, as it is scrolled and changes its size. */
export function useWindow(scroller: RefObject<HTMLElement>, head: number, height: number): Window {
  const [{ top, size }, setSeen] = useState({ top: 0, size: 0 });
  useLayoutEffect(() => {
    const element = scroller.current as HTMLElement;
    const look = (): void => setSeen({ top: element.scrollTop, size: element.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    look();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);
  return { top, size, head, height };
}
