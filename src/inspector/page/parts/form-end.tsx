import { Failure } from './failure.tsx';

/** The end of a form in which something is made: why it was refused, and its buttons. */
export function FormEnd({
  error,
  isPending,
  onCancel,
}: {
  error: Error | null;
  isPending: boolean;
  onCancel: () => void;
}) {
  return (
    <>
      {error && <Failure error={error} />}
      <div class="actions">
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
        <button type="submit" class="primary" aria-disabled={isPending}>
          Make
        </button>
      </div>
    </>
  );
}
