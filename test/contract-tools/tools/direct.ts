// Our own comparison, without a tool in between: also the rows that no proxy lets through.
import { CONTRACT_CASES, type ContractCase } from '../../../src/contract/cases.ts';
import { type Conformance, createConformance, type Placed } from '../../../src/contract/conformance.ts';
import { type Exchange, send } from '../rows.ts';
import { ask, type Target } from '../target.ts';
import type { Outcome, Tool } from '../tool.ts';

export const direct: Tool = {
  name: 'our own comparison',
  looksAt: ['answers', '/openapi.json'],
  check: async (target): Promise<Outcome> => {
    const [ours, vendors] = [
      await describedBy(target, '/openapi.json'),
      await describedBy(target, '/openapi.vendor.json'),
    ];
    const faults: string[] = [];
    const seat = await target.seat();
    for (const row of CONTRACT_CASES) {
      const exchange = await send(target.url, row, seat);
      const found = [
        ...(exchange.status === row.status ? [] : [`is ${exchange.status}`]),
        ...differencesOf(ours, row, exchange),
        ...(row.source === 'documented' ? differencesOf(vendors, row, exchange) : []),
      ];
      faults.push(...new Set(found.map((what) => `${row.name}: ${what}`)));
    }
    const response = await ask(`${target.url}/__admin/conversations?chatbotId=${seat.chatbotId}`);
    const { conversations } = (await response.json()) as { conversations: unknown[] };
    const made = CONTRACT_CASES.filter(({ creates }) => creates).length;
    if (conversations.length !== made) faults.push(`${conversations.length} conversations were made, not ${made}`);
    return {
      checked: `${CONTRACT_CASES.length} requests without a proxy, and what they leave in the database`,
      result: `each answer as /openapi.json has it, and the documented ones as the vendor's fragment; ${made} conversations`,
      faults,
    };
  },
};

interface Described {
  conformance: Conformance;
  placed: Placed;
}

async function describedBy(target: Target, at: '/openapi.json' | '/openapi.vendor.json'): Promise<Described> {
  const conformance = createConformance(JSON.parse(await target.document(at)));
  const placed = conformance.operationOf('POST', '/v1/inbox/x/conversations');
  if (!placed) throw new Error(`${at} does not have the operation.`);
  return { conformance, placed };
}

/** What of a row's answer is otherwise than a document says; and of its request, if the server takes it. */
function differencesOf({ conformance, placed }: Described, row: ContractCase, exchange: Exchange): string[] {
  const differences = conformance.ofAnswer(placed, exchange).map(({ place, detail }) => `${place} ${detail}`);
  if (row.status !== 201 && row.status !== 400) return differences;
  const wrong = conformance.ofRequest(placed, exchange.request);
  const agrees = (row.status === 400) === wrong.length > 0;
  return agrees
    ? differences
    : [...differences, `the request is ${wrong.length > 0 ? 'wrong' : 'right'} by the document`];
}
