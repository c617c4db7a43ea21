import t from 'tap';
import { CONTRACT_CASES } from '../../src/contract/cases.ts';
import { compareWithContract, shapeOfSchema } from '../../src/contract/expected.ts';
import type { Shape } from '../../src/contract/shape.ts';
import { vendorDocument } from '../../src/documents/vendor.ts';

const caseOf = (status: number) =>
  CONTRACT_CASES.find((one) => one.status === status) as (typeof CONTRACT_CASES)[number];
const ERROR = { '': 'object', '/message': 'string: word', '/error': 'string: word', '/statusCode': 'number' };
const answer = (status: number, body: Shape['body'], headers: string[] = []): Shape => {
  return { status, mediaType: 'application/json', headers, body };
};

t.test("the fragment's word for a success, for the statuses of refusals; else this project's", (t) => {
  const compare = compareWithContract();
  const linesOf = (status: number, got: Shape) =>
    compare(caseOf(status), got).map(({ place, source }) => `${place} ${source}`);
  t.same(linesOf(201, answer(201, { '': 'object', '/conversationId': 'string: word' })), []);
  t.same(linesOf(201, answer(201, { '': 'object', '/error': 'string: sentence' })), [], 'a business failure');
  t.same(linesOf(201, answer(201, { '': 'object', '/error': 'object' })), ['body/error documented']);
  t.same(linesOf(201, answer(201, { '': 'object' })), ['body/conversationId inferred']);
  t.same(linesOf(201, answer(201, { '': 'array' })), ['body documented']);
  t.same(linesOf(201, answer(400, { '': 'object' })), ['status documented']);
  t.same(linesOf(400, answer(400, ERROR)), []);
  t.same(linesOf(400, answer(400, { ...ERROR, '/message': 'array', '/message/*': 'string: sentence' })), []);
  t.same(linesOf(400, answer(500, ERROR)), ['status documented']);
  t.same(linesOf(403, answer(403, { ...ERROR, '/error': 'number' })), ['body/error inferred']);
  t.same(linesOf(401, answer(401, ERROR)), ['header www-authenticate inferred']);
  t.same(linesOf(401, answer(403, ERROR)), ['status inferred']);
  t.same(linesOf(405, answer(405, ERROR, ['allow'])), []);
  t.same(linesOf(405, answer(405, ERROR)), ['header allow inferred']);
  t.end();
});

t.test('a schema says what may be missing', (t) => {
  const document = vendorDocument();
  const request = { $ref: '#/components/schemas/CreateInboxConversationRequestDto' };
  t.same(shapeOfSchema(request, document), {
    '': 'object',
    '/name': 'string',
    '/email': 'string?',
    '/phone': 'string?',
    '/channelId': 'string',
  });
  t.end();
});
