// The other side of a request that was passed through.
import { useId } from 'preact/hooks';
import { Status } from '../parts/status.tsx';
import { HeaderList } from './header-list.tsx';
import { duration } from './request-list.tsx';
import type { RequestView } from './row.ts';

export function Upstream({ side }: { side: NonNullable<RequestView['upstream']> }) {
  const { url, status, durationMs, request, response, drift } = side;
  const label = useId();
  return (
    <section class="message" aria-labelledby={label}>
      <h3 id={label}>Upstream</h3>
      <p class="upstream-target">
        <Status of={status} /> <span class="mono">{url}</span>, after {duration(durationMs)}
      </p>
      {drift.length > 0 && (
        <ul class="violations">
          {drift.map(({ side: whose, place, detail }) => (
            <li key={`${whose} ${place} ${detail}`}>
              <span class="tag drift">drift</span>
              {whose}: <code>{place}</code> {detail}
            </li>
          ))}
        </ul>
      )}
      <HeaderList headers={request.headers} name=" went out" />
      {response && <HeaderList headers={response.headers} name=" came back" />}
    </section>
  );
}
