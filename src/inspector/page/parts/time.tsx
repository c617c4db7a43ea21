const TIME = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  // `hour12: false` would say 24 at midnight where people have twelve hours.
  hourCycle: 'h23',
});
const DAY = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric' });

/** A time in the reader's zone, its day left out when it is today; in UTC under the pointer. */
export function Time({ at, isFull = false }: { at: string; isFull?: boolean }) {
  const date = new Date(at);
  const day = DAY.format(date);
  return (
    <time dateTime={at} title={`${at.replace('T', ' ').replace('Z', '')} UTC`}>
      {(isFull || day !== DAY.format(new Date())) && (
        <>
          <span class="day">{day}</span>{' '}
        </>
      )}
      {TIME.format(date)}
    </time>
  );
}
