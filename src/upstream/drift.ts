// Holds what passed through against the vendor's document.
import type { OpenAPIV3 } from 'openapi-types';
import { createConformance, type Difference } from '../contract/conformance.ts';
import type { Drift } from './exchange.ts';

/** One message, its body read. */
export interface Seen {
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** `undefined`: it cannot be read. */
  text: string | undefined;
}

export interface Verdict {
  /** Why nothing was compared. */
  ignored?: string;
  drift: Drift[];
}

/** A body may be wrong in as many places as it has properties. Who reads this has seen enough by then. */
const MOST_NAMED = 20;

/** What the document is silent about and this stub answers nevertheless, as an inference. */
const INFERRED: Record<number, string> = {
  401: 'without a good credential, this stub answers so, too, as an inference: it is confirmed',
  413: 'to a body that is too large, this stub answers so, too, as an inference: it is confirmed',
};

/**
 * Builds what finds drift: wherever an answer is otherwise than the document declares, and wherever a request is, if it was
 * accepted nevertheless. One that was refused is the caller's mistake, and no news of the contract.
 */
export function createDriftFinder(document: OpenAPIV3.Document) {
  const { operationOf, ofRequest, ofAnswer } = createConformance(document);

  return function findDrift(
    { method, target }: { method: string; target: string },
    request: Seen,
    answer: Seen & { status: number },
  ): Verdict {
    const placed = operationOf(method, target);
    if (!placed) return { ignored: 'the contract has no such operation, and nothing was compared', drift: [] };
    const isAccepted = answer.status >= 200 && answer.status < 300;
    const accepted =
      isAccepted && request.text !== undefined ? ofRequest(placed, { ...request, text: request.text }) : [];
    // Of an empty one, only the body as a whole can be wrong.
    const { text = '' } = answer;
    const found = ofAnswer(placed, { ...answer, text }).filter(
      ({ place }) => answer.text !== undefined || place !== 'body',
    );
    return {
      drift: [
        ...firstOf(accepted).map(({ place, detail }): Drift => {
          return { side: 'request', place, detail: `${detail}, and was accepted with ${answer.status}` };
        }),
        ...firstOf(found).map((difference): Drift => ({ side: 'response', ...explain(difference, answer.status) })),
      ],
    };
  };
}

function firstOf(differences: readonly Difference[]): Difference[] {
  const more = differences.length - MOST_NAMED;
  const named = differences.slice(0, MOST_NAMED);
  return more > 0 ? [...named, { place: 'body', detail: `is otherwise in ${more} more places` }] : named;
}

function explain({ place, detail }: Difference, status: number): Difference {
  if (place !== 'status') return { place, detail };
  const more = INFERRED[status] ?? (status >= 500 ? 'a failure of the server, which few contracts declare' : undefined);
  return { place, detail: more === undefined ? detail : `${detail} (${more})` };
}
