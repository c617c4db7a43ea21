import type { ComponentChildren } from 'preact';
import { Dialog } from './dialog.tsx';
import { Failure } from './failure.tsx';

export interface ConfirmProps {
  title: string;
  /** The verb of the button that does it. */
  action: string;
  isOpen?: boolean;
  isBusy?: boolean;
  error?: Error | null;
  onConfirm: () => void;
  onClose: () => void;
  children: ComponentChildren;
}

/** Asks before something goes that does not come back. */
export function Confirm({
  title,
  action,
  isOpen = true,
  isBusy = false,
  error,
  onConfirm,
  onClose,
  children,
}: ConfirmProps) {
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose}>
      <div class="form">
        {children}
        {error && <Failure error={error} />}
        <div class="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="button" class="danger" aria-disabled={isBusy} onClick={() => isBusy || onConfirm()}>
            {action}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
