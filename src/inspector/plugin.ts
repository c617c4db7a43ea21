// The inspector: a page that shows what the stub knows. Its files hold nothing but the page; what it shows it reads from
// the control plane, with whatever that asks for.
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { named } from '../named.ts';
import { errorBody } from '../v1/errors.ts';

const HEADERS = {
  // No inline code or style, nothing from or to another host, and no text that becomes markup.
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'; trusted-types 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  vary: 'accept-encoding',
};

const inspector: FastifyPluginAsync = async (app) => {
  app.get('/', async (request, reply) => send('index.html', request.headers, reply));

  // Every view has an address of its own, and the page reads it.
  app.get<{ Params: { '*': string } }>('/*', async ({ headers, params }, reply) => {
    const [, asset] = /^assets\/(.*)$/s.exec(params['*']) ?? [];
    return send(asset ?? 'index.html', headers, reply);
  });
};
export default named(inspector);

async function send(name: string, headers: IncomingHttpHeaders, reply: FastifyReply): Promise<FastifyReply> {
  const { pageFile, codingFor } = await import('./files.ts');
  const file = await pageFile(name);
  if (!file) {
    // An older page asks for what a newer release has under another name.
    return reply.code(404).send(errorBody(404, `The inspector has no file ${name}. Load /__admin/ui anew.`));
  }
  const { type, etag, encodings } = file;
  reply.headers({
    ...HEADERS,
    etag,
    'cache-control': name === 'index.html' ? 'no-cache' : 'public, max-age=31536000, immutable',
  });
  if (headers['if-none-match'] === etag) return reply.code(304).send();
  const coding = codingFor(headers['accept-encoding']);
  if (coding !== 'identity') reply.header('content-encoding', coding);
  return reply.type(type).send(encodings[coding]);
}
