// Which entries of the journal somebody wants to see: what the list and the stream take alike.
import { type Static, Type } from '@sinclair/typebox';
import { chatbotIdQuery } from '../scope.ts';
import type { Selection } from './entries.ts';
import { type Entry, hasDrift } from './entry.ts';
import { bodyOf } from './view.ts';

/** The query parameters. */
export const filterQuery = {
  chatbotId: chatbotIdQuery,
  method: Type.Optional(Type.String({ description: 'As in POST.' })),
  status: Type.Optional(
    Type.String({
      pattern: '^(?:[1-5]\\d\\d|[1-5][xX]{2}|none)$',
      expected: 'a status such as 403, a class such as 4xx, or none',
      description: 'A status such as 403, a class such as 4xx, or none: no answer went out.',
    }),
  ),
  path: Type.Optional(Type.String({ description: 'The whole path, percent-encoded, without the query.' })),
  drift: Type.Optional(
    Type.Union([Type.Literal('true'), Type.Literal('false')], {
      expected: 'true or false',
      description:
        'Whether something in it was otherwise than the contract says: of what STUB_UPSTREAM passed through.',
    }),
  ),
  text: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'Stands in the path, the query, a header, a body or a decision, in upper or lower case.',
    }),
  ),
};

const Filter = Type.Object(filterQuery);
type Filter = Static<typeof Filter>;

export interface CompiledFilter {
  /** What the database can select by. */
  selection: Selection;
  /** Whether an entry is within that selection, where none has been read by it. */
  selects(entry: Entry): boolean;
  /** Whether a selected entry holds the text. */
  holds(entry: Entry): boolean;
}

export function compileFilter({ chatbotId, method, path, status, drift, text }: Filter): CompiledFilter {
  const selection: Selection = {
    chatbotId,
    method: method?.toUpperCase(),
    path,
    status: statusesFrom(status),
    drift: drift && drift === 'true',
  };
  const wanted = text?.toLowerCase();
  return {
    selection,
    selects: (entry) => isWithin(selection, entry),
    holds: (entry) => wanted === undefined || holdsText(entry, wanted),
  };
}

function statusesFrom(status: string | undefined): Selection['status'] {
  if (status === undefined) return undefined;
  if (status === 'none') return null;
  return [Number(status.replace(/x/gi, '0')), Number(status.replace(/x/gi, '9'))];
}

function isWithin({ chatbotId, method, path, status, drift }: Selection, entry: Entry): boolean {
  if (chatbotId !== undefined && entry.chatbotId !== chatbotId) return false;
  if (method !== undefined && entry.method !== method) return false;
  if (path !== undefined && entry.path !== path) return false;
  if (drift !== undefined && hasDrift(entry) !== drift) return false;
  if (status === undefined) return true;
  if (status === null || entry.status === undefined) return status === null && entry.status === undefined;
  return entry.status >= status[0] && entry.status <= status[1];
}

function holdsText(entry: Entry, text: string): boolean {
  const { path, query = '', chatbotId = '', request, response, decisions } = entry;
  const texts = [
    path,
    query,
    chatbotId,
    ...decisions.flatMap(({ detail, violations = [] }) => [detail, JSON.stringify(violations)]),
  ];
  for (const { headers, body = '' } of [request, response]) {
    for (const [name, values] of Object.entries(headers)) texts.push(`${name}: ${values}`);
    texts.push(body.toString('utf8'));
    // Some write JSON in ASCII only: a search for ö finds \u00f6.
    if (body.includes('\\u')) texts.push(JSON.stringify(bodyOf({ headers, body }).body));
  }
  return texts.some((candidate) => candidate.toLowerCase().includes(text));
}
