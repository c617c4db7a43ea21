// Checks what the control plane is sent: nothing is coerced in a body, and every mistake is named with its place.
import type { TSchema } from '@sinclair/typebox';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import { closest } from '../config.ts';
import { type Misplaced, ProblemError } from './problem.ts';

const options = {
  allErrors: true,
  verbose: true,
  useDefaults: false,
  removeAdditional: false,
  // To check our own schemas takes most of the time of compiling them; a test does it.
  meta: false,
  validateSchema: false,
} as const;
const strict = new Ajv({ ...options, coerceTypes: false, keywords: ['expected', 'mayBeAbsent'] });
addFormats.default(strict, ['email', 'date-time']);
/** What stands in a URL is text. */
const textual = new Ajv({ ...options, coerceTypes: true, useDefaults: true, keywords: ['expected', 'mayBeAbsent'] });

/** By the schema object: what a server asks for again and again. */
const validators = new WeakMap<object, ValidateFunction>();
/**
 * By the text of the schema: what a process has compiled. A plugin makes some of its schemas anew for each server, and
 * Ajv never forgets one that it has seen.
 */
const compiled = new Map<string, ValidateFunction>();

/** Compiled at the first use, and once for all servers of a process. */
function validatorOf(schema: TSchema, ajv: Ajv): ValidateFunction {
  let validate = validators.get(schema);
  if (!validate) {
    const text = `${ajv === strict} ${JSON.stringify(schema)}`;
    validate = compiled.get(text) ?? ajv.compile(schema);
    compiled.set(text, validate);
    validators.set(schema, validate);
  }
  return validate;
}

/** The mistakes in `data`; none when it is as the schema has it. */
export function mistakesIn(schema: TSchema, data: unknown): Misplaced[] {
  const validate = validatorOf(schema, strict);
  return validate(data) ? [] : describeAll(validate.errors as ErrorObject[]);
}

/** Fastify's validators: a `ProblemError` (400) names every mistake. */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const isBody = httpPart === 'body';
  return (data: unknown) => {
    // Fastify gives null for a body that is absent.
    if (isBody && data === null && schema['mayBeAbsent']) return true;
    const validate = validatorOf(schema, isBody ? strict : textual);
    if (validate(data)) return true;
    const errors = describeAll(validate.errors as ErrorObject[]);
    const place = isBody ? 'body' : httpPart === 'querystring' ? 'query' : 'path';
    const detail = errors.map(({ pointer, detail: text }) => `${pointer || `the ${place}`} ${text}`).join('; ');
    return { error: new ProblemError(400, `The ${place} is not as expected: ${detail}.`, { errors }) };
  };
};

function describeAll(errors: ErrorObject[]): Misplaced[] {
  // Where a schema says in words what it wants, its words stand for everything that its parts complain about.
  const worded = errors.filter(({ parentSchema }) => parentSchema?.['expected'] !== undefined);
  const rest = errors.filter((error) => {
    // The one value that is right says the type, too.
    if (error.keyword === 'type' && errors.some((other) => isConstant(other, error.instancePath))) return false;
    return !worded.some((other) => {
      const isWithin = error.instancePath.startsWith(`${other.instancePath}/`);
      return isWithin || (error.instancePath === other.instancePath && !worded.includes(error));
    });
  });
  const seen = new Set<string>();
  return rest
    .map((error) => ({ pointer: error.instancePath, detail: describe(error) }))
    .filter(({ pointer, detail }) => {
      const key = `${pointer} ${detail}`;
      return !seen.has(key) && seen.add(key);
    });
}

function isConstant({ keyword, instancePath }: ErrorObject, path: string): boolean {
  return keyword === 'const' && instancePath === path;
}

function describe({ keyword, params, message, parentSchema }: ErrorObject): string {
  const expected = parentSchema?.['expected'];
  if (expected !== undefined) return `must be ${expected}`;
  if (keyword === 'required') return `lacks ${params['missingProperty']}`;
  if (keyword === 'additionalProperties') {
    const unknown = params['additionalProperty'] as string;
    const known = Object.keys(parentSchema?.['properties'] as object);
    const nearest = closest(unknown, known);
    const hint = nearest
      ? `did you mean ${nearest}?`
      : `there ${known.length > 0 ? `are ${known.join(', ')}` : 'is none'}`;
    return `has an unknown property ${unknown} (${hint})`;
  }
  if (keyword === 'minProperties') {
    return `must have at least one of ${Object.keys(parentSchema?.['properties'] as object).join(', ')}`;
  }
  if (keyword === 'const') return `must be ${JSON.stringify(params['allowedValue'])}`;
  return message as string;
}
