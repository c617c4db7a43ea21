// What the contract says of an answer, as a shape: the vendor's fragment where it speaks, and this project's inferences.
import type { OpenAPIV3 } from 'openapi-types';
import { StubErrorBody } from '../documents/additions.ts';
import { vendorDocument } from '../documents/vendor.ts';
import { below, namesIn, valueAt } from '../json-pointer.ts';
import type { ContractCase } from './cases.ts';
import { compareShapes, type ShapeDifference } from './compare.ts';
import type { BodyShape, Shape } from './shape.ts';

/** Whose word an answer goes against. `recorded`: what a server was seen to answer. */
export type Source = 'documented' | 'inferred' | 'recorded';

export interface Difference extends ShapeDifference {
  source: Source;
}

const JSON_TYPE = 'application/json';
const PATH = '/v1/inbox/{chatbotId}/conversations';

/** HTTP itself asks for these (RFC 9110, sections 15.5.2 and 15.5.6). */
const HEADERS: Partial<Record<number, string[]>> = { 401: ['www-authenticate'], 405: ['allow'] };

type Compare = (what: ContractCase, got: Shape) => Difference[];

/** Reads the contract, and returns what an answer has otherwise. */
export function compareWithContract(): Compare {
  const document = vendorDocument();
  const place = ['paths', PATH, 'post', 'responses', '201', 'content', JSON_TYPE, 'schema'];
  const success = shapeOfSchema(valueAt(document, place) as Schema, document);
  const failure = shapeOfSchema(StubErrorBody as object as Schema, document);

  return (what, got) => {
    const { status, source, creates } = what;
    const expected = {
      status,
      mediaType: JSON_TYPE,
      headers: HEADERS[status] ?? [],
      body: creates ? success : failure,
    };
    const differences = compareShapes(expected, got).map((difference): Difference => {
      // Of what is refused, the fragment has the status and nothing else.
      const isDocumented = difference.place === 'status' ? source === 'documented' : creates;
      return { ...difference, source: isDocumented ? 'documented' : 'inferred' };
    });
    return creates ? [...differences, ...missingPayload(got)] : differences;
  };
}

/** The fragment requires neither property of its success. An answer with none of both would say nothing. */
function missingPayload({ status, body }: Shape): Difference[] {
  if (status >= 300 || body[''] !== 'object' || '/conversationId' in body || '/error' in body) return [];
  return [{ place: 'body/conversationId', expected: 'string', got: 'nothing', source: 'inferred' }];
}

type Schema = OpenAPIV3.SchemaObject | OpenAPIV3.ReferenceObject;

/** The types of a schema by JSON pointer. */
export function shapeOfSchema(schema: Schema, document: OpenAPIV3.Document): BodyShape {
  const body: BodyShape = {};
  note(schema, '', '');
  return body;

  function note(part: Schema, pointer: string, suffix: '' | '?'): void {
    const whole = resolve(part);
    const variants = (whole.anyOf ?? [whole]).map(resolve);
    const types = variants.map(({ type }) => (type === 'integer' ? 'number' : (type as string)));
    body[pointer] = [...new Set(types)].join('|') + suffix;
    for (const variant of variants) {
      for (const [name, property] of Object.entries(variant.properties ?? {})) {
        note(property, below(pointer, name), variant.required?.includes(name) ? '' : '?');
      }
      if (variant.type === 'array') note(variant.items, `${pointer}/*`, '');
    }
  }

  function resolve(part: Schema): OpenAPIV3.SchemaObject {
    if (!('$ref' in part)) return part;
    return valueAt(document, namesIn(part.$ref.slice(1))) as OpenAPIV3.SchemaObject;
  }
}
