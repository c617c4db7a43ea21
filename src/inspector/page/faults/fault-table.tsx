import type { FaultResource } from '../../../control/faults/routes.ts';
import { Cut } from '../parts/cut.tsx';
import { Time } from '../parts/time.tsx';
import { chanceInWords, effectInWords, firedInWords, isUsedUp, matchInWords } from './words.ts';

export interface FaultTableProps {
  faults: readonly FaultResource[];
  onRemove: (fault: FaultResource) => void;
}

export function FaultTable({ faults, onRemove }: FaultTableProps) {
  return (
    <div class="table-card">
      <table>
        <caption class="offstage">Faults, in the order of making</caption>
        <thead>
          <tr>
            <th scope="col">What it does</th>
            <th scope="col">Whom it meets</th>
            <th scope="col">Fired</th>
            <th scope="col">Chance</th>
            <th scope="col" class="roomy">
              Made
            </th>
            <td />
          </tr>
        </thead>
        <tbody>
          {faults.map((fault) => (
            <Row key={fault.id} of={fault} onRemove={() => onRemove(fault)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ of: fault, onRemove }: { of: FaultResource; onRemove: () => void }) {
  const { effect, match, probability, fired, createdAt } = fault;
  const what = effectInWords(effect);
  return (
    <tr>
      <th scope="row" class="spacious">
        <Cut text={what} />
      </th>
      <td class="spacious">
        <Conditions of={match} />
      </td>
      <td class="nowrap">
        {(fired > 0 || fault.times !== undefined) && firedInWords(fault)}{' '}
        {fired === 0 && <span class="tag tag-warn">unfired</span>}
        {isUsedUp(fault) && <span class="tag">used up</span>}
      </td>
      <td class="nowrap">{chanceInWords(probability)}</td>
      <td class="nowrap roomy">
        <Time at={createdAt} />
      </td>
      <td class="row-actions">
        <button type="button" class="remove" aria-label={`Remove the fault that ${what}`} onClick={onRemove}>
          Remove…
        </button>
      </td>
    </tr>
  );
}

/** Whom it meets, each condition on a line. */
export function Conditions({ of: match }: { of: FaultResource['match'] }) {
  const conditions = matchInWords(match);
  if (conditions.length === 0) return <span>every request</span>;
  return (
    <ul>
      {conditions.map((condition) => (
        <li key={condition}>
          <Cut text={condition} />
        </li>
      ))}
    </ul>
  );
}
