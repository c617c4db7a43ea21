// What each answer of a stub is held to: the documents that it serves itself.
import { readFileSync } from 'node:fs';
import { type Conformance, createConformance, type Difference } from '../../../src/contract/conformance.ts';
import { INSPECTOR, isControlPlane, isDataPlane, originForm } from '../../../src/planes.ts';
import type { Heard } from './findings.ts';
import { PLACES } from './places.ts';
import type { SentAnswer } from './reader.ts';

type Answer = SentAnswer & { text: string };

/** What was asked, and who has asked for an answer that is otherwise. */
export interface Asked {
  method: string;
  target: string;
  prefer: string | undefined;
  /** What a fault has done to it, in the words of its decision, as in `fault ID: status 503, 1 of 1 times`. */
  fault: string | undefined;
  voice: Voice;
}

/**
 * In whose words it is answered: the stub's own; as STUB_SHAPES has recorded of another server; as the upstream has
 * answered; or the stub's own since that did not answer.
 */
export type Voice = 'own' | 'recorded' | 'upstream' | 'without upstream';

const dataPlane = once(() => createConformance(read('/openapi.json')));
const controlPlane = once(() => createConformance(read('/__admin/openapi.json')));

/** What is otherwise with an answer, in words. */
export function complaintsOf({ asked, answer }: Heard): string[] {
  const what = asked ? `${asked.method} ${asked.target.slice(0, 200)}` : 'no request';
  const differences = asked ? differencesOf(asked, answer) : differencesOfRefusal(answer);
  return differences.map(({ place, detail }) => `${what} ${answer.status}: ${place} ${detail}`);
}

/** Where an answer is otherwise than the document of its plane says. */
function differencesOf(asked: Asked, { text, ...head }: SentAnswer): Difference[] {
  if (!isJudged(asked.target)) return [];
  const answer = { ...head, text: text ?? '' };
  const differences = isControlPlane(asked.target) ? ofControlPlane(asked, answer) : ofDataPlane(asked, answer);
  const isHeadOnly = asked.method === 'HEAD' || text === undefined;
  return isHeadOnly ? differences.filter(({ place }) => !place.startsWith('body')) : differences;
}

/** What answers bytes that are no request is held to what every error of the data plane has. */
function differencesOfRefusal({ text = '', ...head }: SentAnswer): Difference[] {
  const answer = { ...head, text };
  if (![400, 408, 431].includes(answer.status))
    return [{ place: 'status', detail: `is ${answer.status} for no request` }];
  return [...required(answer, 'x-stub-request-id'), ...errorBody(answer)];
}

function ofDataPlane({ method, target, prefer, fault, voice }: Asked, answer: Answer): Difference[] {
  const { operations, operationOf, ofAnswer } = dataPlane();
  const id = required(answer, 'x-stub-request-id');
  // Somebody has asked for this answer, maybe with a body of its own. Without one it has the usual.
  if (fault !== undefined && /^fault \S+: status /.test(fault)) {
    return [...id, ...(answer.text.startsWith('{"message":"Fault ') ? errorBody(answer) : [])];
  }
  // What another server says, or has said, is held to no document of ours.
  if (voice === 'upstream' || voice === 'recorded') return id;
  if (voice === 'without upstream' && [502, 504, 508].includes(answer.status)) return [...id, ...errorBody(answer)];
  const path = routed(target);
  const placed = operationOf(method, path);
  if (method === 'OPTIONS' && answer.status === 204) return [...id, ...required(answer, 'allow'), ...emptyBody(answer)];
  if (!placed && answer.status < 400)
    return [...id, { place: 'status', detail: `is ${answer.status} for no operation` }];
  // What finds no operation is refused as every operation says.
  const described = placed ?? operations[0];
  if (!described) throw new Error('the document has no operation');
  const forced = new RegExp(`code=${answer.status}\\b`);
  const isForced = forced.test(prefer ?? '') && forced.test(`${answer.headers['preference-applied']}`);
  const differences = [...id, ...ofAnswer(described, answer, isForced)];
  const isDeclared = differences.every(({ place }) => place !== 'status');
  // The vendor's 400 and 403 have no body in its document, and ours the one of all errors.
  return answer.status >= 400 && isDeclared ? [...differences, ...errorBody(answer)] : differences;
}

function ofControlPlane({ method, target }: Asked, answer: Answer): Difference[] {
  const { operationOf, ofAnswer } = controlPlane();
  const id = required(answer, 'x-stub-request-id');
  const placed = operationOf(method === 'HEAD' ? 'GET' : method, routed(target));
  if (!placed) return [...id, ...(answer.status < 400 ? [] : problem(answer))];
  const isError = answer.status >= 400;
  const declared = placed.operation.responses[answer.status];
  const isBodiless = declared && !('$ref' in declared) && !declared.content;
  return [...id, ...ofAnswer(placed, answer, isError), ...(isBodiless ? emptyBody(answer) : [])];
}

function required({ headers }: Answer, name: string): Difference[] {
  return headers[name] ? [] : [{ place: `header ${name}`, detail: 'is missing' }];
}

function emptyBody({ text }: Answer): Difference[] {
  return text === '' ? [] : [{ place: 'body', detail: `is there: ${text.slice(0, 100)}` }];
}

function errorBody(answer: Answer): Difference[] {
  return jsonBody(answer, 'application/json', dataPlane(), '/components/schemas/StubErrorBody', 'statusCode');
}

function problem(answer: Answer): Difference[] {
  return jsonBody(answer, 'application/problem+json', controlPlane(), '/components/schemas/Problem', 'status');
}

function jsonBody({ status, headers, text }: Answer, type: string, by: Conformance, schema: string, of: string) {
  const typed = `${type}; charset=utf-8`;
  if (headers['content-type'] !== typed)
    return [{ place: 'media type', detail: `is ${headers['content-type']}, not ${typed}` }];
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text);
  } catch {
    return [{ place: 'body', detail: 'is not valid JSON' }];
  }
  const differences = by.ofBody(schema, value);
  if (differences.length > 0 || value[of] === status) return differences;
  return [{ place: `body/${of}`, detail: `is ${value[of]} beside ${status}` }];
}

/** Whether the answer to a request is held to anything: pages, probes and the documents themselves are not. */
function isJudged(target: string): boolean {
  if (isDataPlane(target)) return true;
  return isControlPlane(target) && !isBelow(INSPECTOR, target) && !isBelow('/__admin/openapi.json', target);
}

/** A target as the router reads it. */
function routed(target: string): string {
  const [path = ''] = originForm(target).split(/[?#]/, 1);
  try {
    return path
      .split('/')
      .map((segment) => encodeURIComponent(decodeURIComponent(segment)))
      .join('/');
  } catch {
    return path;
  }
}

function isBelow(prefix: string, target: string): boolean {
  const path = routed(target);
  return path === prefix || path.startsWith(`${prefix}/`);
}

function read(path: keyof typeof PLACES) {
  return JSON.parse(readFileSync(PLACES[path], 'utf8'));
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
