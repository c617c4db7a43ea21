// Answers errors in the shapes that STUB_SHAPES has, in the place of NestJS's, which are inferred.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RecordedErrors } from '../contract/render.ts';
import { decide } from '../decisions.ts';
import { chatbotIn, isBelowV1 } from '../planes.ts';
import { credentialsIn, redactTarget } from '../redaction.ts';
import type { RefusedError } from './errors.ts';

/** Values for headers that were seen where the stub itself sends none. */
const USUAL: Record<string, string> = {
  allow: 'POST, OPTIONS',
  location: '/',
  'retry-after': '1',
  'www-authenticate': 'Bearer realm="chatcaptain"',
};

/** Sends what was recorded of such a refusal. Returns its text, or `undefined` where nothing was, and nothing is sent. */
export function sendAsRecorded(
  recorded: RecordedErrors,
  refusal: RefusedError,
  request: FastifyRequest,
  reply: FastifyReply,
): string | undefined {
  const found = isBelowV1(request.url) ? recorded.find(refusal.mistake, refusal.statusCode) : undefined;
  if (!found) return undefined;
  const { name, status, mediaType, headers, render } = found;
  const { body, violations = [], headers: own } = refusal;
  const text = render({
    status,
    messages: [body.message].flat(),
    properties: violations.map(({ pointer }) => pointer.slice(1) || undefined),
    method: request.method,
    path: redactTarget(request.url, credentialsIn(request.raw.rawHeaders)),
    time: new Date(request.server.clock(chatbotIn(request.url))),
  });
  const detail = `answered ${status} in the shape that STUB_SHAPES has of "${name}"`;
  const [{ step } = { step: 'routed' as const }] = request.decisions.slice(-1);
  decide(request, step, 'applied', detail);
  for (const header of headers) reply.header(header, own[header] ?? USUAL[header]);
  reply.code(status);
  if (mediaType !== null) reply.type(/^text\/|[/+]json$/.test(mediaType) ? `${mediaType}; charset=utf-8` : mediaType);
  // Fastify gives a text that has no type one of its own, unless it is the work of a serializer.
  if (mediaType === null && text !== undefined) reply.serializer(() => text).send({});
  else reply.send(text);
  return text ?? '';
}
