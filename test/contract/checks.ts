// The checks of Schemathesis, which can be installed only where Python's registry is reached, as properties of ours: each
// sends real requests that are made from an OpenAPI document, and holds the answers to it. Their names are Schemathesis'.
import type { OutgoingHttpHeaders } from 'node:http';
import fc, { type Arbitrary } from 'fast-check';
import type { OpenAPIV3 } from 'openapi-types';
import { createConformance } from '../../src/contract/conformance.ts';
import { namesIn, valueAt } from '../../src/json-pointer.ts';
import { type Schema, valid } from '../endurance/support/schemas.ts';
import { type Answer, send } from '../support/stub.ts';

export interface Target {
  url: string;
  document: OpenAPIV3.Document;
  /** One that may do everything. */
  credential: string;
  /** Some that were good, or are good for something else. */
  wrongCredentials: readonly string[];
}

export interface Check {
  /** The checks of Schemathesis that it stands for. */
  name: string;
  runs: number;
  property: fc.IAsyncProperty<unknown[]>;
}

const JSON_TYPE = 'application/json';

/** What is sent beside the path that an operation has. */
interface Sent {
  body?: unknown;
  type?: string;
  method?: string;
  credential?: OutgoingHttpHeaders;
}

/** The checks of every operation of a document. */
export function checksOf({ url, document, credential, wrongCredentials }: Target): Check[] {
  const { operations, ofAnswer, ofRequest } = createConformance(document);
  const find = (ref: string) => valueAt(document, namesIn(ref.slice(1))) as Schema;
  const bearer = (token: string): OutgoingHttpHeaders => ({ authorization: `Bearer ${token}` });
  const key = (token: string): OutgoingHttpHeaders => ({ 'x-chatcaptain-key': token });

  return operations.flatMap((placed) => {
    const { method, path, operation } = placed;
    const { content } = operation.requestBody as OpenAPIV3.RequestBodyObject;
    const given = content[JSON_TYPE]?.schema as Schema;
    const schema = given.$ref === undefined ? given : find(given.$ref);
    const good = valid(schema, find);
    const paths = pathsOf(path, operation);
    const methodsThere = operations.filter((one) => one.path === path).map((one) => one.method);

    async function ask(target: string, { body, type = JSON_TYPE, credential: by = bearer(credential), ...more }: Sent) {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = { ...by, ...(text !== undefined && { 'content-type': type }) };
      return send(url, {
        method: more.method ?? method,
        path: target,
        headers,
        ...(text !== undefined && { body: text }),
      });
    }

    /** Status declared, media type, headers and body as declared, and no failure of the server. */
    function isDocumented(answer: Answer, ...expected: number[]): void {
      const shown = `${answer.status} ${answer.text}`;
      if (!expected.includes(answer.status)) throw new Error(`not ${expected.join(' or ')} but ${shown}`);
      const wrong = ofAnswer(placed, answer);
      if (wrong.length > 0) throw new Error(`${JSON.stringify(wrong)} in ${shown}`);
    }

    const [success] = Object.keys(operation.responses)
      .filter((status) => status.startsWith('2'))
      .map(Number);
    if (success === undefined) throw new Error(`${path} has no success`);
    const check = <T extends unknown[]>(name: string, runs: number, property: fc.IAsyncProperty<T>): Check => ({
      name: `${method} ${path}: ${name}`,
      runs,
      property: property as fc.IAsyncProperty<unknown[]>,
    });

    return [
      check(
        'positive_data_acceptance',
        150,
        fc.asyncProperty(paths, good, unnamed(schema), async (target, body, more) => {
          const whole = { ...more, ...(body as object) };
          const wrong = ofRequest(placed, { headers: { 'content-type': JSON_TYPE }, text: JSON.stringify(whole) });
          if (wrong.length > 0) throw new Error(`this is no valid body: ${JSON.stringify(wrong)}`);
          isDocumented(await ask(target, { body: whole }), success);
        }),
      ),
      check(
        'negative_data_rejection',
        150,
        fc.asyncProperty(paths, negative(schema, good as Arbitrary<Record<string, unknown>>), async (target, body) => {
          const wrong = ofRequest(placed, { headers: { 'content-type': JSON_TYPE }, text: JSON.stringify(body) });
          if (wrong.length === 0) throw new Error('this is a valid body');
          isDocumented(await ask(target, { body }), 400);
        }),
      ),
      check(
        'negative_data_rejection of the media type',
        30,
        fc.asyncProperty(paths, good, otherTypes, async (target, body, type) => {
          isDocumented(await ask(target, { body, type }), 400);
        }),
      ),
      check(
        'missing_required_header of the credential',
        30,
        fc.asyncProperty(paths, good, async (target, body) => {
          isDocumented(await ask(target, { body, credential: {} }), 401);
        }),
      ),
      check(
        'ignored_auth',
        100,
        fc.asyncProperty(
          paths,
          good,
          fc.oneof(fc.constantFrom(...wrongCredentials), madeUp).filter((token) => token !== credential),
          fc.constantFrom(bearer, key),
          async (target, body, token, as) => isDocumented(await ask(target, { body, credential: as(token) }), 401, 403),
        ),
      ),
      check(
        'unsupported_method',
        60,
        fc.asyncProperty(
          paths,
          fc.constantFrom(...METHODS.filter((one) => !methodsThere.includes(one))),
          fc.option(good, { nil: undefined }),
          fc.constantFrom({}, bearer(credential)),
          async (target, other, body, by) => {
            const answer = await ask(target, { method: other, body, credential: by });
            isDocumented(answer, 405);
            isAllow(answer, methodsThere);
          },
        ),
      ),
      check(
        'allow_header_conformance',
        10,
        fc.asyncProperty(paths, async (target) => {
          const answer = await ask(target, { method: 'OPTIONS', credential: {} });
          if (answer.status !== 204 || answer.text !== '') throw new Error(`${answer.status} ${answer.text}`);
          isAllow(answer, methodsThere);
        }),
      ),
    ];
  });
}

/** OPTIONS is answered by a check of its own, and HEAD has no body to look at. */
const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'TRACE', 'QUERY'];

/** Exactly the methods of the document, and OPTIONS. */
function isAllow({ headers }: Answer, methods: string[]): void {
  const allowed = `${headers['allow']}`.split(', ').sort();
  const wanted = [...methods, 'OPTIONS'].sort();
  if (allowed.join() !== wanted.join()) throw new Error(`Allow is ${headers['allow']}, not ${wanted}`);
}

/** Paths of an operation. A control character is refused, which the schema of a path parameter does not say. */
function pathsOf(path: string, { parameters = [] }: OpenAPIV3.OperationObject): Arbitrary<string> {
  const named = (parameters as OpenAPIV3.ParameterObject[]).filter((one) => one.in === 'path');
  const id = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .filter((text) => !/\p{Cc}/u.test(text) && text.isWellFormed());
  const values = named.map(({ example }) => fc.oneof(fc.constant(`${example}`), id));
  return fc
    .tuple(...values)
    .map((texts) =>
      texts.reduce(
        (target, text, index) => target.replace(`{${named[index]?.name}}`, () => encodeURIComponent(text)),
        path,
      ),
    );
}

/** Properties that the schema does not name, which it does not forbid either. */
function unnamed({ properties = {} }: Schema): Arbitrary<Record<string, unknown>> {
  const name = fc.string({ maxLength: 8 }).filter((text) => !(text in properties) && text !== '__proto__');
  return fc.dictionary(name, fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.constant([])), { maxKeys: 2 });
}

/** Valid bodies with one thing that the schema does not allow. */
function negative({ properties = {}, required = [] }: Schema, good: Arbitrary<Record<string, unknown>>) {
  const without = fc.tuple(good, fc.constantFrom(...required)).map(([body, name]) => {
    const { [name]: _, ...rest } = body;
    return rest;
  });
  const replaced = fc.constantFrom(...Object.entries(properties)).chain(([name, { type, format }]) => {
    const others = [
      ...OTHERS.filter(([of]) => of !== type).map(([, value]) => value),
      ...(format ? ['no such format'] : []),
    ];
    return fc.tuple(good, fc.constantFrom(...others)).map(([body, value]) => ({ ...body, [name]: value }));
  });
  const another = fc.oneof(
    good.map((body) => [body]),
    fc.constantFrom<unknown>(null, 'text', 5, true, [], {}),
  );
  return fc.oneof<Arbitrary<unknown>[]>(without, replaced, another);
}

const OTHERS: [type: string, value: unknown][] = [
  ['null', null],
  ['string', 'text'],
  ['number', 5],
  ['number', -0.5],
  ['boolean', false],
  ['array', []],
  ['array', ['text']],
  ['object', {}],
  ['object', { name: 'text' }],
];

const otherTypes = fc.constantFrom('text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'text/json');

/** Credentials that nobody has made. */
const madeUp = fc.string({ unit: fc.constantFrom(...'abcXYZ019._~+/-'), minLength: 1, maxLength: 40 });
