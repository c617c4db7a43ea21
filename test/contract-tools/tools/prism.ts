// Prism's validation proxy in front of the stub: with --errors it answers a violation in the stub's place.
import path from 'node:path';
import { CONTRACT_CASES, type ContractCase } from '../../../src/contract/cases.ts';
import { serve } from '../processes.ts';
import { type Exchange, send } from '../rows.ts';
import { ask, DOCUMENTS, type Target } from '../target.ts';
import { commandOf, type Outcome, type Tool } from '../tool.ts';

const PACKAGE = '@stoplight/prism-cli';

/** Prism answers a path or a method that its document lacks by itself, and never answers malformed JSON. */
const reachesTheStub = ({ status, name }: ContractCase) =>
  status !== 404 && status !== 405 && name !== '400: malformed JSON';

export const prismWithVendors: Tool = {
  name: "Prism, vendor's fragment",
  package: PACKAGE,
  looksAt: ['answers'],
  // The fragment knows no 401. Its security is two empty alternatives, so that Prism asks for no credential.
  documentedStatusesOnly: true,
  check: (target) =>
    proxied(target, '/openapi.vendor.json', CONTRACT_CASES.filter(reachesTheStub), (status) =>
      status === 401 ? 403 : status,
    ),
};

export const prismWithOurs: Tool = {
  name: 'Prism, /openapi.json',
  package: PACKAGE,
  looksAt: ['answers', '/openapi.json'],
  // Where security is declared, Prism answers a request without a credential by itself.
  check: (target) => {
    const rows = CONTRACT_CASES.filter((row) => reachesTheStub(row) && row.sender !== 'nobody');
    return proxied(target, '/openapi.json', rows, (status) => status);
  },
};

async function proxied(
  target: Target,
  document: '/openapi.json' | '/openapi.vendor.json',
  rows: readonly ContractCase[],
  expected: (status: number) => number,
): Promise<Outcome> {
  const folder = await target.folderWith(document);
  // Validating requests, it would refuse with 422 what the stub is to refuse.
  const options = ['--errors', '--validate-request', 'false', '--host', '127.0.0.1', '--port', '0'];
  const command = [
    ...commandOf(PACKAGE, 'prism'),
    'proxy',
    path.join(folder, DOCUMENTS[document]),
    target.url,
    ...options,
  ];
  const prism = await serve(command, folder, /Prism is listening on (\S+)/);
  const faults: string[] = [];
  const doubts: string[] = [];
  try {
    const seat = await target.seat();
    for (const row of rows) {
      const exchange = await send(prism.match[1] as string, row, seat);
      const violation = violationIn(exchange);
      if (violation !== undefined) faults.push(`${row.name}: ${violation}`);
      else
        doubts.push(
          ...(await doubtsAbout(exchange, expected(row.status), target)).map((doubt) => `${row.name}: ${doubt}`),
        );
    }
  } finally {
    prism.close();
  }
  const statuses = [...new Set(rows.map(({ status }) => expected(status)))].sort().join(', ');
  return {
    checked: `${rows.length} requests through the proxy, answered ${statuses}`,
    result: 'no violation',
    faults,
    doubts,
  };
}

/** What Prism says in an answer that it has put in the stub's place, or has marked. */
function violationIn({ status, headers, text }: Exchange): string | undefined {
  if (headers['sl-violations'] !== undefined) return headers['sl-violations'];
  if (!text.includes('https://stoplight.io/prism/errors#')) return undefined;
  const { title, validation = [] } = JSON.parse(text) as { title: string; validation?: { message: string }[] };
  return [`${status} ${title}`, ...validation.map(({ message }) => message)].join('; ');
}

/** The status and the body must be the stub's own, as its journal has them. */
async function doubtsAbout({ status, headers, text }: Exchange, expected: number, { url }: Target): Promise<string[]> {
  const id = headers['x-stub-request-id'];
  if (id === undefined) return [`${status}, which the stub has not answered`];
  const { response } = (await (await ask(`${url}/__admin/requests/${id}`)).json()) as { response: { body: unknown } };
  const isOwn = text === (typeof response.body === 'string' ? response.body : JSON.stringify(response.body));
  return [
    ...(status === expected ? [] : [`${status} came, not ${expected}`]),
    ...(isOwn ? [] : ["the body is not the stub's own"]),
  ];
}
