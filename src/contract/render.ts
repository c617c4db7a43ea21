// Errors in the shapes that a server was seen to answer: the stub's own words in somebody else's form.
import { STATUS_CODES } from 'node:http';
import { namesIn } from '../json-pointer.ts';
import { CONTRACT_CASES, type Mistake } from './cases.ts';
import type { TextKind } from './kinds.ts';
import type { Shapes } from './record.ts';
import { type BodyShape, childrenOf, readType, type Shape } from './shape.ts';

/** What there is to say of one error. */
export interface Filling {
  status: number;
  /** One sentence, or one for each violation of the request's schema. */
  messages: readonly string[];
  /** The property of the request that each of them is about, where it is about one. */
  properties: readonly (string | undefined)[];
  method: string;
  path: string;
  time: Date;
}

/** An error as it was recorded. */
export interface RecordedError extends Shape {
  /** The case that it was seen in. */
  name: string;
  /** The text of the body; `undefined` where there is none. */
  render(filling: Filling): string | undefined;
}

export interface RecordedErrors {
  all: readonly RecordedError[];
  /**
   * What was recorded of this mistake, or of one that the contract answers with the same status. Where a request has none,
   * since it asked for its answer, what was seen with this status.
   */
  find(mistake: Mistake | undefined, status: number): RecordedError | undefined;
  /** Cases in which the server refused nothing. The stub refuses them nevertheless. */
  accepted: string[];
}

export function recordedErrorsIn(shapes: Shapes): RecordedErrors {
  const byMistake = new Map<Mistake, RecordedError>();
  const byContractStatus = new Map<number, RecordedError>();
  const byStatus = new Map<number, RecordedError>();
  const contractStatus = new Map<Mistake, number>();
  const accepted: string[] = [];
  const all: RecordedError[] = [];
  for (const { name, mistake, status } of CONTRACT_CASES) {
    if (mistake === undefined) continue;
    contractStatus.set(mistake, status);
    const shape = shapes.get(name);
    if (!shape) continue;
    if (shape.status < 400) {
      accepted.push(name);
      continue;
    }
    const recorded = { ...shape, name, render: compileBody(shape) };
    all.push(recorded);
    // Where cases of one kind were answered differently, the first one counts.
    setOnce(byMistake, mistake, recorded);
    setOnce(byContractStatus, status, recorded);
    setOnce(byStatus, shape.status, recorded);
  }
  return {
    all,
    accepted,
    find(mistake, status) {
      if (mistake === undefined) return byStatus.get(status);
      return byMistake.get(mistake) ?? byContractStatus.get(contractStatus.get(mistake) as number);
    },
  };
}

function setOnce<K, V>(map: Map<K, V>, key: K, value: V): void {
  if (!map.has(key)) map.set(key, value);
}

function compileBody({ body, mediaType }: Shape): RecordedError['render'] {
  const whole = body[''] as string;
  if (whole === 'empty') return () => undefined;
  if (whole === 'text' || whole === 'malformed') {
    return (filling) => (mediaType === 'text/html' ? page(filling) : filling.messages.join('; '));
  }
  const value = compile(body, '');
  return (filling) => JSON.stringify(value(filling, undefined));
}

function page({ status, messages }: Filling): string {
  const text = messages.join('; ').replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<!doctype html><title>${status}</title><p>${text}</p>`;
}

/** @param index of the message that this is about, within a list of them */
type Value = (filling: Filling, index: number | undefined) => unknown;

function compile(body: BodyShape, pointer: string): Value {
  const { types } = readType(body[pointer] as string);
  const { type, kind } = types.find((one) => one.type !== 'null') ?? { type: 'null', kind: undefined };
  if (type === 'object') return compileObject(body, pointer);
  if (type === 'array') return compileList(body, pointer);
  if (type === 'string') return TEXTS[(kind ?? 'word') as TextKind];
  if (type === 'number') return ({ status }) => (kind === 'status' ? status : 0);
  return type === 'boolean' ? () => false : () => null;
}

function compileObject(body: BodyShape, pointer: string): Value {
  const members = childrenOf(body, pointer).map(
    (place) => [namesIn(place).at(-1) as string, compile(body, place)] as const,
  );
  return (filling, index) => Object.fromEntries(members.map(([name, value]) => [name, value(filling, index)]));
}

function compileList(body: BodyShape, pointer: string): Value {
  const place = `${pointer}/*`;
  if (!(place in body)) return () => [];
  const element = compile(body, place);
  return (filling, index) =>
    index === undefined ? filling.messages.map((_, each) => element(filling, each)) : [element(filling, index)];
}

/** What stands where it is known only that there is a text. Nobody should take it for a value of the real API. */
const PLACEHOLDER = 'stub-placeholder';

const TEXTS: Record<TextKind, Value> = {
  sentence: ({ messages }, index) => (index === undefined ? messages.join('; ') : messages[index]),
  property: ({ properties }, index = 0) => properties[index] ?? PLACEHOLDER,
  'status text': ({ status }) => STATUS_CODES[status] ?? PLACEHOLDER,
  status: ({ status }) => `${status}`,
  'date-time': ({ time }) => time.toISOString(),
  path: ({ path }) => path,
  method: ({ method }) => method,
  uuid: () => '00000000-0000-0000-0000-000000000000',
  uri: () => 'about:blank',
  word: () => PLACEHOLDER,
  empty: () => '',
};
