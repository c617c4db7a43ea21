import fc from 'fast-check';
import type { FastifyReply } from 'fastify';
import t from 'tap';
import { meet } from '../endurance/support/people.ts';
import { holds, SEED } from '../endurance/support/seed.ts';
import { openServer } from '../metrics/server.ts';
import { notTheStub } from '../support/answers/not-the-stub.ts';
import { startTestStub } from '../support/stub.ts';
import { checksOf } from './checks.ts';

t.test("what Schemathesis checks holds for requests that are made from the server's own document", async (t) => {
  const stub = await startTestStub(t, { journalEntries: 10 });
  const { everything, ...wrong } = meet(stub);
  const { json: document } = await stub.send({ method: 'GET', path: '/openapi.json' });
  const checks = checksOf({ url: stub.url, document, credential: everything, wrongCredentials: Object.values(wrong) });
  for (const { name, runs, property } of checks) await t.test(name, async (t) => holds(t, runs, property));
});

type Change = (reply: FastifyReply, body: string) => string | undefined;

/** Servers that are otherwise than they say, each with the check that must notice, and what that says. */
const BROKEN: [what: string, check: string, says: RegExp, change: Change][] = [
  [
    'a status that is not declared',
    'positive_data_acceptance',
    /^not 201 but 202 /,
    (reply) => void (reply.statusCode === 201 && reply.code(202)),
  ],
  [
    'another media type',
    'positive_data_acceptance',
    /media type.*is text\/html/,
    (reply) => void (reply.statusCode === 201 && reply.type('text/html')),
  ],
  [
    'a property with another name',
    'positive_data_acceptance',
    /body\/id.*is not declared/,
    (_reply, body) => body.replace('conversationId', 'id'),
  ],
  [
    'good data refused',
    'positive_data_acceptance',
    /^not 201 but 400 /,
    (reply) => (reply.statusCode === 201 ? become(reply, 400) : undefined),
  ],
  [
    'bad data taken',
    'negative_data_rejection',
    /^not 400 but 201 /,
    (reply) => (reply.statusCode === 400 ? become(reply, 201) : undefined),
  ],
  [
    'bad data refused with a status of its own',
    'negative_data_rejection',
    /^not 400 but 422 /,
    (reply) => (reply.statusCode === 400 ? become(reply, 422) : undefined),
  ],
  [
    'another media type taken',
    'negative_data_rejection of the media type',
    /^not 400 but 201 /,
    (reply) => (reply.statusCode === 400 ? become(reply, 201) : undefined),
  ],
  [
    'nobody is asked who they are',
    'missing_required_header of the credential',
    /^not 401 but 201 /,
    (reply) => (reply.statusCode === 401 ? become(reply, 201) : undefined),
  ],
  [
    'no challenge',
    'missing_required_header of the credential',
    /WWW-Authenticate.*is missing/,
    (reply) => void (reply.statusCode === 401 && reply.removeHeader('www-authenticate')),
  ],
  [
    'another body of an error',
    'missing_required_header of the credential',
    /body\/message.*is missing/,
    (_reply, body) => body.replace('"message"', '"detail"'),
  ],
  [
    'any credential is good',
    'ignored_auth',
    /^not 401 or 403 but 201 /,
    (reply) => (reply.statusCode === 401 ? become(reply, 201) : undefined),
  ],
  [
    'another method is no path',
    'unsupported_method',
    /^not 405 but 404 /,
    (reply) => (reply.statusCode === 405 ? become(reply, 404) : undefined),
  ],
  [
    'a method too many',
    'unsupported_method',
    /^Allow is GET, POST, OPTIONS/,
    (reply) => void (reply.statusCode === 405 && reply.header('allow', 'GET, POST, OPTIONS')),
  ],
  [
    'no Allow',
    'unsupported_method',
    /header Allow.*is missing/,
    (reply) => void (reply.statusCode === 405 && reply.removeHeader('allow')),
  ],
  [
    'OPTIONS without the method',
    'allow_header_conformance',
    /^Allow is OPTIONS, not/,
    (reply) => void reply.header('allow', 'OPTIONS'),
  ],
];

function become(reply: FastifyReply, status: number): string {
  reply.code(status);
  return status < 400 ? '{}' : JSON.stringify({ message: 'no', error: 'No', statusCode: status });
}

for (const [what, check, says, change] of BROKEN) {
  t.test(`${check} notices a server that is broken: ${what}`, async (t) => {
    const { app, context } = await openServer(t, { token: 'all' });
    notTheStub(app.server, `a server that is broken on purpose: ${what}`);
    app.addHook('onSend', (request, reply, payload, done) => {
      const body = request.url.startsWith('/v1') ? change(reply, String(payload ?? '')) : undefined;
      done(null, body ?? payload);
    });
    const document = (await app.inject('/openapi.json')).json();
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const { credential } = context.tokens.create({ grants: [{ permission: '*', resource: 'chatbots/*' }] });
    const wrongCredentials = ['nobody'];
    const target = { url, document, credential, wrongCredentials };
    const [found] = checksOf(target).filter(({ name }) => name.endsWith(`: ${check}`));
    if (!found) throw new Error(`there is no ${check}`);
    const { errorInstance } = await fc.check(found.property, { seed: SEED, numRuns: found.runs, endOnFailure: true });
    t.match(errorInstance, { message: says });
  });
}
