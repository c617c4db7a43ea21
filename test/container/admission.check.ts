// Calls every route of the control plane at this URL as somebody who may not: started by admission.sh, with the token in
// ADMIN_TOKEN. The list of routes is the server's own.
import { deepEqual } from 'node:assert/strict';
import { figure } from './engine.ts';

const [base = ''] = process.argv.slice(2);
const ADMIN = { authorization: `Bearer ${process.env['ADMIN_TOKEN']}` };
const JSON_TYPE = { 'content-type': 'application/json' };

interface Operation {
  requestBody?: { content: Record<string, { examples?: Record<string, { value: unknown }> }> };
}

interface Call {
  method: string;
  path: string;
  body?: string;
}

/** What an answer brought that whoever may gets. */
async function admin<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${base}/__admin${path}`, {
    method,
    headers: { ...ADMIN, ...(body !== undefined && JSON_TYPE) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

// One of each kind, so that a call that came through would find what it names.
const { chatbotId, token, tokenId } = await admin<Record<'chatbotId' | 'token' | 'tokenId', string>>(
  'POST',
  '/chatbots',
);
const everything = { name: 'all', grants: [{ permission: '*', resource: 'chatbots/*' }] };
const { token: master } = await admin<{ token: string }>('POST', '/tokens', everything);
const created = await fetch(`${base}/v1/inbox/${chatbotId}/conversations`, {
  method: 'POST',
  headers: { authorization: `Bearer ${token}`, ...JSON_TYPE },
  body: JSON.stringify({ name: 'John Doe', channelId: 'web' }),
});
const { conversationId } = (await created.json()) as { conversationId: string };
const fault = await admin<{ id: string }>('POST', '/faults', { match: { chatbotId }, effect: { status: 429 } });
await admin('PUT', `/snapshots/before?chatbotId=${chatbotId}`);
// So that it says the same later, but for how far it is behind by then.
await admin('PUT', '/clock', { freeze: true });

const NAMES: Record<string, string | null> = {
  '/chatbots': chatbotId,
  '/tokens': tokenId,
  '/conversations': conversationId,
  '/requests': created.headers.get('x-stub-request-id'),
  '/faults': fault.id,
  '/snapshots': 'before',
};

/** Everything that a call could have changed. */
async function state(): Promise<unknown> {
  const places = [
    '/chatbots',
    '/tokens',
    '/conversations',
    '/requests',
    '/faults',
    '/snapshots',
    '/clock',
    '/settings',
  ];
  const all = [...places, `/clock?chatbotId=${chatbotId}`, `/snapshots?chatbotId=${chatbotId}`];
  const answers = await Promise.all(all.map(async (place) => ({ place, ...(await admin<object>('GET', place)) })));
  return answers.map(({ offsetMs: _, ...rest }: { place: string; offsetMs?: number }) => rest);
}

const { paths, servers } = await admin<{
  paths: Record<string, Record<string, Operation>>;
  servers?: { url: string }[];
}>('GET', '/openapi.json');
const prefix = servers?.[0]?.url.replace(/\/$/, '') ?? '';

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'options', 'head'];
const routes: Call[] = Object.entries(paths).flatMap(([template, operations]) =>
  Object.entries(operations)
    .filter(([method]) => METHODS.includes(method))
    .map(([method, operation]) => callOf(method.toUpperCase(), template, operation)),
);

/** The call of a route that would do the most. */
function callOf(method: string, template: string, { requestBody }: Operation): Call {
  const full = template.startsWith('/__admin') ? template : `${prefix}${template}`;
  const [, resource = ''] = /^\/__admin(\/[^/]+)/.exec(full) ?? [];
  const path = full.replace(/\{[^}]+\}/g, encodeURIComponent(NAMES[resource] ?? 'anything'));
  const examples = Object.values(requestBody?.content ?? {}).flatMap(({ examples = {} }) => Object.values(examples));
  const body = examples[0] === undefined ? {} : { body: JSON.stringify(examples[0].value) };
  return { method, path: method === 'DELETE' || /reset$/.test(path) ? `${path}?all=true` : path, ...body };
}

const unknown: Call[] = [
  '',
  '/',
  '/nothing',
  '/tokens/a/b',
  '/%ZZ',
  '/%74okens',
  '/../__admin/tokens',
  '/tokens/',
].flatMap((path) =>
  ['GET', 'POST', 'DELETE', 'HEAD', 'OPTIONS'].map((method) => ({ method, path: `/__admin${path}` })),
);
// It is looked at by everybody, and not asked for anything else.
unknown.push(...['POST', 'DELETE', 'OPTIONS'].map((method) => ({ method, path: '/__admin/ui' })));

const CREDENTIALS: Record<string, Record<string, string>> = {
  'no credential': {},
  'a wrong token': { authorization: 'Bearer wrong' },
  'the beginning of the token': { authorization: ADMIN.authorization.slice(0, -1) },
  'a token of a chatbot': { authorization: `Bearer ${token}` },
  'a token for every chatbot': { authorization: `Bearer ${master}` },
  'a key of the data plane': { 'x-chatcaptain-key': master },
};

const problems: string[] = [];
const before = await state();
for (const [name, headers] of Object.entries(CREDENTIALS)) {
  for (const call of [...routes, ...unknown]) {
    const status = await statusOf(call, headers);
    if (status !== 401) problems.push(`${call.method} ${call.path} with ${name}: ${status}`);
  }
}
// The page of the inspector is for everybody, and the same for all: it holds nothing of what it will ask for.
const pages = new Set<string>();
for (const headers of [...Object.values(CREDENTIALS), ADMIN]) {
  const page = await fetch(`${base}/__admin/ui`, { headers });
  pages.add(`${page.status} ${await page.text()}`);
}
if (pages.size !== 1 || !/^200 /.test([...pages].join())) problems.push(`/__admin/ui gave ${pages.size} pages`);
try {
  deepEqual(await state(), before);
} catch (error) {
  problems.push(`something has changed: ${(error as Error).message}`);
}

// Were they calls of routes at all?
for (const call of routes) {
  const status = await statusOf(call, ADMIN);
  if (status === 401 || status === 405 || status >= 500)
    problems.push(`${call.method} ${call.path} with it: ${status}`);
}

figure(
  `${routes.length} routes and ${unknown.length} calls of none, with ${Object.keys(CREDENTIALS).length} credentials`,
);
if (routes.length < 25) problems.push(`only ${routes.length} routes are in the document`);
process.stdout.write(problems.map((problem) => `${problem}\n`).join(''));
process.exitCode = problems.length > 0 ? 1 : 0;

async function statusOf({ method, path, body }: Call, headers: Record<string, string>): Promise<number> {
  const departure = new AbortController();
  // A wait, and a stream, keep whom they have let in.
  const timer = setTimeout(() => departure.abort(), 2000);
  try {
    const response = await fetch(base + path, {
      method,
      headers: { ...headers, ...(body !== undefined && JSON_TYPE) },
      ...(body !== undefined && { body }),
      signal: departure.signal,
    });
    return response.status;
  } catch (error) {
    if (departure.signal.aborted) return 200;
    throw error;
  } finally {
    clearTimeout(timer);
    departure.abort();
  }
}
