/** The status of an answer. */
export function Status({ of: status }: { of: number | null }) {
  const kind = status === null ? 'none' : `${Math.floor(status / 100)}xx`;
  return (
    <span class={`status status-${kind}`}>
      {status ?? (
        <>
          <span aria-hidden="true">—</span>
          <span class="offstage">no answer</span>
        </>
      )}
    </span>
  );
}
