// The file in which shapes are kept.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { closest, SettingsError } from '../config.ts';
import { below } from '../json-pointer.ts';
import { besides, putInPlace } from '../storage/copy.ts';
import { codeOf } from '../storage/sqlite-error.ts';
import { CONTRACT_CASES } from './cases.ts';
import { NUMBER_KINDS, TEXT_KINDS } from './kinds.ts';
import { DEEPEST, MEDIA_TYPE, parentOf, readType, SHAPE_HEADERS, type Shape } from './shape.ts';

const FORMAT = 'chatcaptain-stub/shapes';
const VERSION = 1;

/** What a server was seen to answer, by the name of the case. */
export type Shapes = ReadonlyMap<string, Shape>;

/**
 * Keeps shapes in a file, whole or not at all. In the order of the cases: two records of one server differ in the date
 * alone.
 *
 * @param place where the file is, with its links followed
 */
export async function writeShapes(place: string, shapes: Shapes, now: Date, signal: AbortSignal): Promise<void> {
  const names = CONTRACT_CASES.map(({ name }) => name).filter((name) => shapes.has(name));
  const document = {
    format: FORMAT,
    version: VERSION,
    observed: now.toISOString().slice(0, 10),
    answers: Object.fromEntries(names.map((name) => [name, shapes.get(name)])),
  };
  await besides(place, async (copy) => {
    await writeFile(copy, `${JSON.stringify(document, null, 2)}\n`);
    await putInPlace(copy, place, signal);
  });
}

/** @throws SettingsError naming everything in the file that cannot be used, with its JSON pointer */
export function readShapes(file: string): Shapes {
  const document = parse(file);
  const problems = problemsIn(document);
  if (problems.length > 0) throw new SettingsError(problems.map((problem) => `${file}: ${problem}`));
  const { answers } = document as { answers: Record<string, Shape> };
  return new Map(CONTRACT_CASES.flatMap(({ name }) => (answers[name] ? [[name, answers[name]]] : [])));
}

function parse(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new SettingsError([`${file} cannot be read (${codeOf(error)}): name a file that verify --record has made`]);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new SettingsError([`${file} is not JSON: name a file that verify --record has made`]);
  }
}

type Part = Record<string, unknown>;

function problemsIn(document: unknown): string[] {
  const { format, version, observed, answers } = partOf(document) ?? {};
  if (format !== FORMAT) return [`/format: must be "${FORMAT}": this is no file that verify --record has made`];
  if (version !== VERSION) return [`/version: must be ${VERSION}; this release knows no other: record it again`];
  const isDate = typeof observed === 'string' && /^\d{4}-\d\d-\d\d$/.test(observed);
  const problems = isDate ? [] : ['/observed: must be a date such as 2026-11-26'];
  const named = partOf(answers);
  if (!named || Object.keys(named).length === 0)
    return [...problems, '/answers: must be an object with an answer in it'];
  for (const [name, answer] of Object.entries(named)) problems.push(...problemsInAnswer(name, answer));
  return problems;
}

function problemsInAnswer(name: string, answer: unknown): string[] {
  const pointer = below('/answers', name);
  const names = CONTRACT_CASES.map((one) => one.name);
  if (!names.includes(name)) {
    const nearest = closest(name, names);
    return [`${pointer}: there is no such case${nearest ? `; did you mean ${JSON.stringify(nearest)}?` : ''}`];
  }
  const { status, mediaType, headers, body } = partOf(answer) ?? {};
  const problems: string[] = [];
  const isStatus = Number.isInteger(status) && Number(status) >= 200 && Number(status) <= 599;
  if (!isStatus) problems.push(`${pointer}/status: must be a whole number from 200 to 599`);
  if (mediaType !== null && !(typeof mediaType === 'string' && MEDIA_TYPE.test(mediaType))) {
    problems.push(`${pointer}/mediaType: must be a media type such as application/json, or null`);
  }
  if (!Array.isArray(headers) || !headers.every((header) => SHAPE_HEADERS.includes(header))) {
    problems.push(`${pointer}/headers: must be a list of some of ${SHAPE_HEADERS.join(', ')}`);
  }
  const found = problemsInBody(body, `${pointer}/body`);
  const mismatch = found.length === 0 ? problemWithMediaType(mediaType, (body as { '': string })['']) : undefined;
  return [...problems, ...found, ...(mismatch === undefined ? [] : [`${pointer}/body/: ${mismatch}`])];
}

const WHOLES = ['text', 'malformed', 'empty'];

/** What is announced as JSON is read as such, and nothing else is. */
function problemWithMediaType(mediaType: unknown, whole: string): string | undefined {
  if (whole === 'empty') return undefined;
  const isJson = /[/+]json$/.test(`${mediaType}`);
  if (!isJson) return whole === 'text' ? undefined : 'must be text or empty, where the media type is not JSON';
  return whole === 'text' ? 'must be malformed, empty or a JSON type, where the media type is JSON' : undefined;
}

/** What `readType` may give. */
const KINDS: Record<string, readonly (string | undefined)[]> = {
  object: [undefined],
  array: [undefined],
  string: [undefined, ...TEXT_KINDS],
  number: [undefined, ...NUMBER_KINDS],
  boolean: [undefined],
  null: [undefined],
};

function problemsInBody(body: unknown, base: string): string[] {
  const places = partOf(body);
  if (!places || !('' in places)) return [`${base}: must be an object with the type of the whole body, named ""`];
  // What goes through it later calls itself for each level.
  if (Object.keys(places).some((pointer) => pointer.split('/').length - 1 > DEEPEST)) {
    return [`${base}: must not be deeper than ${DEEPEST} places`];
  }
  return Object.entries(places).flatMap(([pointer, text]) => {
    const place = below(base, pointer);
    if (pointer === '' && WHOLES.includes(text as string)) return [];
    if (typeof text !== 'string' || !isType(text)) {
      return [`${place}: must be a type such as "object", "string: sentence" or "number: status"`];
    }
    if (pointer === '') return [];
    if (!pointer.startsWith('/')) return [`${place}: must be named by a JSON pointer`];
    const parent = places[parentOf(pointer)];
    const holds = typeof parent === 'string' ? readType(parent).types.map(({ type }) => type) : [];
    const isHeld = holds.includes('object') || (holds.includes('array') && pointer.endsWith('/*'));
    return isHeld ? [] : [`${place}: what is above it must be there, and be an object, or an array for *`];
  });
}

function isType(text: string): boolean {
  return readType(text).types.every(({ type, kind }) => Object.hasOwn(KINDS, type) && KINDS[type]?.includes(kind));
}

function partOf(value: unknown): Part | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Part) : undefined;
}
