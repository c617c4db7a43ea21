import { useQuery } from '@tanstack/preact-query';
import { ask } from '../api.ts';
import { Listing } from '../parts/listing.tsx';
import { settingInWords } from './words.ts';

export function Settings() {
  const { data, isPending, error, refetch } = useQuery({
    queryKey: ['settings'],
    queryFn: ({ signal }) =>
      ask<{ version: string; settings: Record<string, unknown> }>('GET', '/settings', { signal }),
  });
  const rows = Object.entries(data?.settings ?? {});
  return (
    <section class="card" aria-labelledby="settings">
      <div class="card-head">
        <h2 id="settings">Settings</h2>
        {data && <span class="tag">version {data.version}</span>}
      </div>
      <Listing
        what="settings"
        of={{
          rows,
          isLoading: isPending,
          isOutdated: false,
          error,
          retry: () => void refetch(),
          showMore: undefined,
          isLoadingMore: false,
        }}
        empty={null}
      >
        <div class="table-card">
          <table aria-labelledby="settings">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Value at the start</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(([name, value]) => (
                <tr key={name}>
                  <th scope="row" class="setting">
                    <code>{name}</code>
                  </th>
                  <td class={value === null ? 'dim' : 'long mono'}>{settingInWords(value)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Listing>
    </section>
  );
}
