import { useRef, useState } from 'preact/hooks';
import type { TokenView } from '../../../control/tokens.ts';
import { ask } from '../api.ts';
import { Confirm } from '../parts/confirm.tsx';
import { Cut } from '../parts/cut.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { Listing } from '../parts/listing.tsx';
import { Name } from '../parts/name.tsx';
import { useEvery } from '../parts/pages.ts';
import { Time } from '../parts/time.tsx';
import { useAct } from '../parts/use-act.ts';
import { concerns, grantInWords } from './grants.ts';

const PAGE = 50;
/** How many grants of a token are shown at once. */
const SOME = 3;

export function TokenList({ chatbotId, onMake }: { chatbotId: string | undefined; onMake: () => void }) {
  const { data = [], isPending, isPlaceholderData, error, refetch } = useEvery<TokenView>('tokens');
  const [shown, setShown] = useState(PAGE);
  const [revoked, setRevoked] = useState<TokenView | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const tokens = data.filter((token) => chatbotId === undefined || concerns(token, chatbotId)).reverse();
  const listing = {
    rows: tokens.slice(0, shown),
    isLoading: isPending,
    isOutdated: isPlaceholderData,
    error,
    retry: () => void refetch(),
    showMore: tokens.length > shown ? () => setShown(shown + PAGE) : undefined,
    isLoadingMore: false,
  };
  return (
    <section class="card" aria-labelledby="tokens">
      <div class="card-head">
        <h2 id="tokens" tabIndex={-1} ref={heading}>
          Tokens
        </h2>
        <button type="button" class="primary" onClick={onMake}>
          Make a token
        </button>
      </div>
      <Listing what="tokens" of={listing} empty={<NoTokens isFiltered={chatbotId !== undefined} />}>
        <div class="table-card">
          <table aria-labelledby="tokens">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">May</th>
                <th scope="col">State</th>
                <th scope="col" class="roomy">
                  Made
                </th>
                <th scope="col">Expires</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {listing.rows.map((token) => (
                <Row key={token.id} of={token} onRevoke={() => setRevoked(token)} />
              ))}
            </tbody>
          </table>
        </div>
      </Listing>
      {revoked && <Revocation of={revoked} onClose={() => setRevoked(null)} landing={heading} />}
    </section>
  );
}

const STATES = { active: 'tag tag-good', expired: 'tag tag-warn', revoked: 'tag' };

function Row({
  of: { id, name, grants, state, createdAt, expiresAt },
  onRevoke,
}: {
  of: TokenView;
  onRevoke: () => void;
}) {
  return (
    <tr>
      <th scope="row">{name === null ? <Cut text={id} isCode /> : <Cut text={name} />}</th>
      <td class="spacious">
        <Grants of={grants.slice(0, SOME)} />
        {grants.length > SOME && (
          <details>
            <summary>and {grants.length - SOME} more</summary>
            <Grants of={grants.slice(SOME)} />
          </details>
        )}
      </td>
      <td>
        <span class={STATES[state]}>{state}</span>
      </td>
      <td class="nowrap roomy">
        <Time at={createdAt} />
      </td>
      <td class="nowrap">{expiresAt === null ? <span class="dim">never</span> : <Time at={expiresAt} />}</td>
      <td class="row-actions">
        {state !== 'revoked' && (
          <button type="button" class="remove" aria-label={`Revoke token ${name ?? id}`} onClick={onRevoke}>
            Revoke…
          </button>
        )}
      </td>
    </tr>
  );
}

function Grants({ of: grants }: { of: TokenView['grants'] }) {
  if (grants.length === 0) return <span class="dim">nothing</span>;
  return (
    <ul>
      {grants.map((grant) => (
        <li key={grantInWords(grant)}>
          <Cut text={grantInWords(grant)} isCode />
        </li>
      ))}
    </ul>
  );
}

function NoTokens({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <EmptyState title="No token names this chatbot">
        <p>One that is good for every chatbot is good for it, too. Make one that is good for it alone.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No tokens yet">
      <p>Make one, or a chatbot, which comes with one. The token of STUB_TOKEN is not stored, and not listed.</p>
    </EmptyState>
  );
}

function Revocation({
  of: { id, name, grants },
  landing,
  onClose,
}: {
  of: TokenView;
  landing: { current: HTMLElement | null };
  onClose: () => void;
}) {
  const { mutate, isPending, error } = useAct({
    act: () => ask('DELETE', `/tokens/${encodeURIComponent(id)}`),
    changes: ['tokens'],
    said: () => 'Token revoked',
    onDone: onClose,
    landing,
  });
  return (
    <Confirm
      title="Revoke the token?"
      action="Revoke"
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate()}
      onClose={onClose}
    >
      <p class="long">
        <Name text={name ?? id} /> is refused from the next request on. It stays in the list. It holds:
      </p>
      <Grants of={grants.slice(0, 10)} />
      {grants.length > 10 && <p class="dim">and {grants.length - 10} more.</p>}
    </Confirm>
  );
}
