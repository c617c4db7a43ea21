import { useRef, useState } from 'preact/hooks';
import { Cut } from '../parts/cut.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { Listing } from '../parts/listing.tsx';
import { usePages } from '../parts/pages.ts';
import { Time } from '../parts/time.tsx';
import { counted } from '../parts/words.ts';
import { SaveSnapshot } from './save-snapshot.tsx';
import { keyOf, type Snapshot } from './snapshot.ts';
import { DeleteSnapshot, RestoreSnapshot } from './snapshot-dialogs.tsx';
import { Whose } from './whose.tsx';

type Asked = { to: 'restore' | 'delete'; snapshot: Snapshot };

export function Snapshots({ chatbotId }: { chatbotId: string | undefined }) {
  const found = usePages<Snapshot>('snapshots', { chatbotId });
  const [asked, setAsked] = useState<Asked | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  return (
    <section class="card" aria-labelledby="snapshots">
      <div class="card-head">
        <h2 id="snapshots" tabIndex={-1} ref={heading}>
          Snapshots <Whose chatbotId={chatbotId} otherwise="" />
        </h2>
      </div>
      <SaveSnapshot chatbotId={chatbotId} snapshots={found.rows} />
      <Listing
        what="snapshots"
        of={found}
        empty={
          <EmptyState title="No snapshots yet">
            <p>Save the present state under a name, and come back to it between tests.</p>
          </EmptyState>
        }
      >
        <div class="table-card">
          <table aria-labelledby="snapshots">
            <thead>
              <tr>
                <th scope="col">Name</th>
                {chatbotId === undefined && <th scope="col">Of</th>}
                <th scope="col">Holds</th>
                <th scope="col">Saved</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {found.rows.map((snapshot) => (
                <tr key={keyOf(snapshot)}>
                  <th scope="row">
                    <Cut text={snapshot.name} />
                  </th>
                  {chatbotId === undefined && (
                    <td>{snapshot.chatbotId === null ? 'everything' : <Cut text={snapshot.chatbotId} />}</td>
                  )}
                  <td class="nowrap">{counted(snapshot.conversations, 'conversation')}</td>
                  <td class="nowrap">
                    <Time at={snapshot.createdAt} />
                  </td>
                  <td class="row-actions">
                    <button
                      type="button"
                      aria-label={`Restore ${snapshot.name}`}
                      onClick={() => setAsked({ to: 'restore', snapshot })}
                    >
                      Restore…
                    </button>
                    <button
                      type="button"
                      class="remove"
                      aria-label={`Delete snapshot ${snapshot.name}`}
                      onClick={() => setAsked({ to: 'delete', snapshot })}
                    >
                      Delete…
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Listing>
      {asked?.to === 'restore' && <RestoreSnapshot of={asked.snapshot} onClose={() => setAsked(null)} />}
      {asked?.to === 'delete' && (
        <DeleteSnapshot of={asked.snapshot} landing={heading} onClose={() => setAsked(null)} />
      )}
    </section>
  );
}
