import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { Announcements } from './announcements.tsx';

export interface DialogProps {
  title: string;
  isOpen: boolean;
  /** For a form of many fields. */
  isWide?: boolean;
  /** Absent: it cannot be left. */
  onClose?: () => void;
  children: ComponentChildren;
}

/** A modal dialog: the browser keeps the focus inside of it, and puts it back. */
export function Dialog({ title, isOpen, isWide = false, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Before the next paint, and undone before it is taken out: the browser puts the focus back when it is closed.
  useLayoutEffect(() => {
    const { current } = dialog;
    if (!isOpen || !current) return;
    current.showModal();
    // The first thing in it is the button that closes it, which is nobody's first wish.
    current.querySelector<HTMLElement>('input, select, textarea')?.focus();
    return () => current.close();
  }, [isOpen]);
  return (
    <dialog
      ref={dialog}
      class={isWide ? 'wide' : undefined}
      aria-labelledby={id}
      closedby={onClose ? 'closerequest' : 'none'}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onClose={({ currentTarget }) => {
        // A browser lets nobody hold up a second Escape.
        if (!isOpen || !currentTarget.isConnected || currentTarget.open) return;
        if (onClose) onClose();
        else currentTarget.showModal();
      }}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Escape' && !onClose) event.preventDefault();
      }}
    >
      {isOpen && (
        <>
          <div class="dialog-head">
            <h2 id={id}>{title}</h2>
            {onClose && (
              <button type="button" class="quiet" onClick={onClose} aria-label="Close">
                ✕
              </button>
            )}
          </div>
          {children}
          <Announcements />
        </>
      )}
    </dialog>
  );
}
