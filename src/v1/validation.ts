import type { TSchema } from '@sinclair/typebox';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import type { Mistake } from '../contract/cases.ts';
import type { Violation } from '../decisions.ts';
import { RefusedError } from './errors.ts';

// Strict, unlike Fastify's default: nothing is coerced, filled in or stripped, and every violation is reported.
const ajv = new Ajv({
  allErrors: true,
  coerceTypes: false,
  useDefaults: false,
  removeAdditional: false,
  verbose: true,
  // To check our own schemas takes nine tenths of compiling them; a test does it.
  meta: false,
  validateSchema: false,
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
    const found = validate(data) ? loneSurrogates(data, properties) : (validate.errors as ErrorObject[]).map(describe);
    if (found.length === 0) return true;
    const violations = found.map(({ violation }) => violation);
    const error = new RefusedError(
      400,
      found.map(({ message }) => message),
      {},
      mistakeOf(violations as [Violation, ...Violation[]]),
    );
    error.violations = violations;
    return { error };
  };
};

function mistakeOf([{ pointer, rule }, ...more]: [Violation, ...Violation[]]): Mistake {
  if (more.length > 0) return 'several properties';
  if (rule === 'required') return 'missing property';
  if (rule === 'type') return pointer === '' ? 'no object' : 'wrong type';
  return 'wrong format';
}

/** A violation for the caller, in words, and for the journal, in parts. */
interface Finding {
  message: string;
  violation: Violation;
}

/** In the words of class-validator, which NestJS uses, with what was found instead behind them. */
function describe({ instancePath, keyword, params, parentSchema, data }: ErrorObject): Finding {
  const field = instancePath.slice(1).replaceAll('/', '.');
  const found = { pointer: instancePath, rule: keyword, got: shorten(data) };
  if (keyword === 'required') {
    const missing = params['missingProperty'] as string;
    const expected = `a ${parentSchema?.['properties'][missing].type}`;
    const violation = { pointer: `/${missing}`, rule: keyword, expected };
    return { message: `${missing} must be ${expected}, and is missing`, violation };
  }
  if (keyword === 'format') {
    const expected = 'an email address such as john.doe@example.com';
    return { message: `${field} must be ${expected}`, violation: { ...found, expected } };
  }
  if (keyword === 'type' && field !== '') {
    const expected = `a ${params['type']}`;
    return { message: `${field} must be ${expected}, not ${kindOf(data)}`, violation: { ...found, expected } };
  }
  const expected = 'a JSON object';
  return { message: `the body must be ${expected}, not ${kindOf(data)}`, violation: { ...found, expected } };
}

/** JSON text of at most 100 characters. What is nested too deep to be written down again is only named. */
function shorten(data: unknown): string {
  try {
    const text = JSON.stringify(data);
    return text.length > 100 ? `${text.slice(0, 99)}…` : text;
  } catch {
    return kindOf(data);
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Half of a UTF-16 pair cannot be stored as UTF-8: SQLite would keep a replacement character instead. */
function loneSurrogates(data: unknown, properties: string[]): Finding[] {
  const body = data as Record<string, unknown>;
  return properties
    .filter((property) => {
      const value = body[property];
      return typeof value === 'string' && !value.isWellFormed();
    })
    .map((property) => ({
      message: `${property} holds half of a surrogate pair: send both halves, or the character itself`,
      violation: {
        pointer: `/${property}`,
        rule: 'well-formed',
        expected: 'text that is well-formed Unicode',
        got: shorten(body[property]),
      },
    }));
}
