import type { RequestView } from './row.ts';

/** The headers of a message, folded where there are many. `name` says whose they are, where that is not plain. */
export function HeaderList({ headers, name = '' }: { headers: RequestView['request']['headers']; name?: string }) {
  const lines = Object.entries(headers).flatMap(([header, values]) =>
    [values].flat().map((value) => [header, value] as const),
  );
  return (
    <details open={name === '' && lines.length > 0 && lines.length <= 8}>
      <summary>
        {lines.length} {lines.length === 1 ? 'header' : 'headers'}
        {name}
      </summary>
      <dl class="headers mono">
        {lines.map(([header, value], index) => (
          <div key={`${index} ${header}`}>
            <dt>{header}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
