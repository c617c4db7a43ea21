import { useEffect, useRef } from 'preact/hooks';
import { ControlPlaneError } from '../api.ts';

/** What went wrong, in the words of the server. */
export function Failure({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  // In a long form it may stand where nobody is looking.
  useEffect(() => box.current?.scrollIntoView({ block: 'nearest' }), [error]);
  return (
    <div class="problem" role="alert" ref={box}>
      {error instanceof ControlPlaneError && error.errors.length > 1 ? (
        <ul>
          {error.errors.map(({ pointer, detail }) => (
            <li key={pointer}>
              <code>{pointer}</code> {detail}
            </li>
          ))}
        </ul>
      ) : (
        <span>{error.message}</span>
      )}
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
