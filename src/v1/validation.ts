import type { TSchema } from '@sinclair/typebox';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import { RefusedError } from './errors.ts';

// Strict, unlike Fastify's default: nothing is coerced, filled in or stripped, and every violation is reported.
const ajv = new Ajv({
  allErrors: true,
  coerceTypes: false,
  useDefaults: false,
  removeAdditional: false,
  verbose: true,
});
addFormats.default(ajv, ['email']);

/** Compiled once for each schema object, however many servers a process starts. */
const compiled = new WeakMap<object, ValidateFunction>();

/** Validates as the schema says and throws one `RefusedError` (400) that names every violation. */
export const compileStrictValidator: FastifySchemaCompiler<TSchema> = ({ schema }) => {
  let validate = compiled.get(schema);
  if (!validate) {
    validate = ajv.compile(schema);
    compiled.set(schema, validate);
  }
  const properties = Object.keys(schema['properties'] as object);
  return (data: unknown) => {
    const violations = validate(data)
      ? loneSurrogates(data, properties)
      : (validate.errors as ErrorObject[]).map(describe);
    return violations.length === 0 ? true : { error: new RefusedError(400, violations) };
  };
};

/** In the words of class-validator, which NestJS uses, with what was found instead behind them. */
function describe({ instancePath, keyword, params, parentSchema, data }: ErrorObject): string {
  const field = instancePath.slice(1).replaceAll('/', '.');
  if (keyword === 'required') {
    const missing = params['missingProperty'] as string;
    return `${missing} must be a ${parentSchema?.['properties'][missing].type}, and is missing`;
  }
  if (keyword === 'format') return `${field} must be an email address such as john.doe@example.com`;
  if (keyword === 'type' && field !== '') return `${field} must be a ${params['type']}, not ${kindOf(data)}`;
  return `the body must be a JSON object, not ${kindOf(data)}`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Half of a UTF-16 pair cannot be stored as UTF-8: SQLite would keep a replacement character instead. */
function loneSurrogates(data: unknown, properties: string[]): string[] {
  const body = data as Record<string, unknown>;
  return properties
    .filter((property) => {
      const value = body[property];
      return typeof value === 'string' && !value.isWellFormed();
    })
    .map((property) => `${property} holds half of a surrogate pair: send both halves, or the character itself`);
}
