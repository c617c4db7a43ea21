import t from 'tap';
import { complaintsOf, type Voice } from '../support/answers/judge.ts';
import { isTheStub, notTheStub } from '../support/answers/not-the-stub.ts';

const TARGET = '/v1/inbox/a/conversations';
const typed = (type: string) => ({ 'content-type': `${type}; charset=utf-8`, 'x-stub-request-id': 'a' });
const json = typed('application/json');
const problem = typed('application/problem+json');
const errorOf = (status: number, message = 'm') => JSON.stringify({ message, error: 'e', statusCode: status });
const problemOf = (status: number) => JSON.stringify({ type: 'about:blank', title: 't', status, detail: 'd' });

interface Row {
  method?: string;
  target?: string;
  prefer?: string;
  fault?: string;
  voice?: Voice;
  status: number;
  headers?: Record<string, string>;
  text?: string;
  wrong: string[];
}

/** What is complained of, by place. */
function places({
  method = 'POST',
  target = TARGET,
  prefer,
  fault,
  voice = 'own',
  status,
  headers = json,
  text = errorOf(status),
}: Row) {
  const asked = { method, target, prefer, fault, voice };
  const words = complaintsOf({ asked, answer: { status, headers, text } });
  return words.map((line) => line.replace(/^\S+ \S+ \d+: /, '').replace(/ (?:is|must).*$/, ''));
}

const LINK = { ...json, link: '<a>' };
const applied = (code: number) => ({ ...LINK, 'preference-applied': `code=${code}, delay=1` });

const ROWS: Record<string, Row> = {
  'a status that nobody asked for': { status: 409, wrong: ['status'] },
  'one that Prefer asked for': { status: 409, prefer: 'code=409', headers: applied(409), wrong: [] },
  'one beside another that Prefer asked for': {
    status: 409,
    prefer: 'code=418',
    headers: applied(409),
    wrong: ['status'],
  },
  'one that is said to be asked for': { status: 409, headers: applied(409), wrong: ['status'] },
  'one that Prefer asked for, without a word of it': {
    status: 409,
    prefer: 'code=409',
    headers: LINK,
    wrong: ['status'],
  },
  'a declared one that Prefer asked for': {
    status: 405,
    prefer: 'code=405',
    headers: applied(405),
    wrong: ['header Allow'],
  },
  'a fault with a body of its own': { status: 299, fault: 'fault a: status 299, 1 of 1 times', text: 'x', wrong: [] },
  'a fault without one': {
    status: 409,
    fault: 'fault a: status 409, 1 of 1 times',
    text: errorOf(409, 'Fault a'),
    wrong: [],
  },
  'a fault without one, and another status in it': {
    status: 409,
    fault: 'fault a: status 409, 1 of 1 times',
    text: errorOf(408, 'Fault a'),
    wrong: ['body/statusCode'],
  },
  'a fault that only delays': { status: 409, fault: 'fault a: delay of 5 ms, 1 of 1 times', wrong: ['status'] },
  "the vendor's 400 with the body of all errors": { status: 400, wrong: [] },
  "the vendor's 403 without one": { status: 403, text: '{}', wrong: ['body/message', 'body/error', 'body/statusCode'] },
  'an error with the status of another': { status: 400, text: errorOf(404), wrong: ['body/statusCode'] },
  'what an upstream has said': { status: 418, voice: 'upstream', text: 'x', wrong: [] },
  'what an upstream has said, under no name of ours': {
    status: 201,
    voice: 'upstream',
    headers: {},
    text: '{}',
    wrong: ['header x-stub-request-id'],
  },
  'a shape that was recorded of another server': { status: 422, voice: 'recorded', text: 'x', wrong: [] },
  'an upstream that does not answer': { status: 504, voice: 'without upstream', wrong: [] },
  'an upstream that does not answer, in other words': {
    status: 502,
    voice: 'without upstream',
    text: '{}',
    wrong: ['body/message', 'body/error', 'body/statusCode'],
  },
  'an upstream that does not answer, by another status': { status: 409, voice: 'without upstream', wrong: ['status'] },
  'a 502 of a stub that has no upstream': { status: 502, wrong: ['status'] },
  'another way to write the path': {
    status: 201,
    target: '/%761/in%62ox/%2F/conversations/?a#b',
    text: '{}',
    wrong: [],
  },
  'the path as a proxy is sent it': { status: 409, target: `http://x${TARGET}`, wrong: ['status'] },
  OPTIONS: { method: 'OPTIONS', status: 204, headers: { ...json, allow: 'POST' }, text: '', wrong: [] },
  'OPTIONS without Allow': { method: 'OPTIONS', status: 204, text: '', wrong: ['header allow'] },
  'OPTIONS with a body': {
    method: 'OPTIONS',
    status: 204,
    headers: { ...json, allow: 'POST' },
    text: 'a',
    wrong: ['body'],
  },
  'a success beyond the operations': { method: 'GET', status: 200, text: '{}', wrong: ['status'] },
  'another method': { method: 'GET', status: 405, headers: { ...LINK, allow: 'POST' }, wrong: [] },
  'another method, without Allow': { method: 'GET', status: 405, headers: LINK, wrong: ['header Allow'] },
  'another path': { target: '/v2/a', status: 404, headers: LINK, wrong: [] },
  'another path, without a Link': { target: '/v2/a', status: 404, wrong: ['header Link'] },
  'a path that cannot be decoded': { target: '/v1/%ZZ', status: 400, wrong: [] },
  'HEAD, without a body': { method: 'HEAD', status: 405, headers: { ...LINK, allow: 'POST' }, text: '', wrong: [] },
  'the control plane': {
    method: 'GET',
    target: '/__admin/clock',
    status: 200,
    text: '{}',
    wrong: ['body/now', 'body/frozen', 'body/offsetMs', 'body/chatbotId'],
  },
  'a problem of its own': { target: '/__admin/clock', status: 405, headers: problem, text: problemOf(405), wrong: [] },
  'a problem with the status of another': {
    target: '/__admin/x',
    status: 404,
    headers: problem,
    text: problemOf(400),
    wrong: ['body/status'],
  },
  'an error in the shape of the other plane': { target: '/__admin/x', status: 404, wrong: ['media type'] },
  'a 204 with a body': {
    method: 'DELETE',
    target: '/__admin/faults?all=true',
    status: 204,
    headers: json,
    text: 'a',
    wrong: ['body'],
  },
  'a page': { method: 'GET', target: '/__admin/ui/', status: 200, headers: {}, text: '<', wrong: [] },
  'a probe': { method: 'GET', target: '/livez', status: 418, headers: {}, text: '', wrong: [] },
  'the document': { method: 'GET', target: '/__admin/openapi.json', status: 200, headers: {}, text: '{}', wrong: [] },
};

for (const [name, row] of Object.entries(ROWS)) {
  t.test(`${name}: ${row.wrong.join(', ') || 'right'}`, async (t) => t.same(places(row), row.wrong));
}

t.test('the refusal of bytes that are no request', async (t) => {
  const complaints = (status: number, headers: Record<string, string>, text: string) =>
    complaintsOf({ answer: { status, headers, text } }).length;
  t.equal(complaints(400, json, errorOf(400)), 0);
  t.equal(complaints(431, json, errorOf(431)), 0);
  t.equal(complaints(404, json, errorOf(404)), 1, 'a status that it cannot have');
  t.equal(complaints(400, {}, ''), 2, "Node's own");
});

t.test('a server that a test has said to be no stub is none', async (t) => {
  const [server, other] = [{}, {}];
  t.equal(notTheStub(server, 'a test'), server);
  t.same([isTheStub(server), isTheStub(other)], [false, true]);
});
