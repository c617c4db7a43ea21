import { useRef, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { FaultResource } from '../../../control/faults/routes.ts';
import { ChatbotField } from '../parts/chatbot-field.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { useFilters } from '../parts/filters.ts';
import { Listing } from '../parts/listing.tsx';
import { usePages } from '../parts/pages.ts';
import { FaultDialog } from './fault-dialog.tsx';
import { FaultTable } from './fault-table.tsx';
import { RemoveFault, RemoveFaults } from './remove-fault.tsx';
import { TryIt } from './try-it.tsx';

/** How often the counts are read again, in milliseconds. */
const REFRESH = 2000;

export function FaultsView() {
  const [{ chatbotId, make }, setQuery] = useFilters(['chatbotId', 'make']);
  const found = usePages<FaultResource>('faults', { chatbotId }, { limit: 200, refetchInterval: REFRESH });
  const [made, setMade] = useState<FaultResource | null>(null);
  const [removed, setRemoved] = useState<FaultResource | 'all' | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const close = (): void => setQuery({ make: undefined });

  return (
    <div class="view">
      <div class="view-head">
        <h1 tabIndex={-1} ref={heading}>
          Faults
        </h1>
        {chatbotId !== undefined && found.rows.length > 0 && (
          <button type="button" class="remove" onClick={() => setRemoved('all')}>
            Remove all of this chatbot…
          </button>
        )}
        <button type="button" class="primary" onClick={() => setQuery({ make: 'fault' })}>
          Make a fault
        </button>
      </div>
      <search class="filters">
        <ChatbotField value={chatbotId} onChange={(value) => setQuery({ chatbotId: value })} />
        <p class="hint">
          {chatbotId === undefined
            ? 'The first that fits a request fires, and only that one: those for its chatbot before those for any, in the order of making.'
            : 'Those that name this chatbot. Those for any chatbot meet it, too, when none of these fires.'}
        </p>
      </search>
      {made && <TryIt of={made} onClose={() => setMade(null)} />}
      <div class="card">
        <Listing what="faults" of={found} empty={<NoFaults isFiltered={chatbotId !== undefined} />}>
          <FaultTable faults={found.rows} onRemove={setRemoved} />
        </Listing>
      </div>
      {make === 'fault' && (
        <FaultDialog
          chatbotId={chatbotId}
          onMade={(fault) => {
            setMade(fault);
            close();
          }}
          onClose={close}
        />
      )}
      {removed === 'all' && chatbotId !== undefined && (
        <RemoveFaults
          chatbotId={chatbotId}
          count={found.rows.length}
          landing={heading}
          onClose={() => setRemoved(null)}
        />
      )}
      {removed !== null && removed !== 'all' && (
        <RemoveFault fault={removed} landing={heading} onClose={() => setRemoved(null)} />
      )}
    </div>
  );
}

function NoFaults({ isFiltered }: { isFiltered: boolean }) {
  return (
    <EmptyState title={isFiltered ? 'No faults that name this chatbot' : 'No faults'}>
      <p>
        Every valid request is answered as it deserves. Make a fault to see how your code takes a 429, a slow answer or
        a connection that breaks.
      </p>
      {isFiltered && <Link href="/faults">Show the faults of all chatbots</Link>}
    </EmptyState>
  );
}
