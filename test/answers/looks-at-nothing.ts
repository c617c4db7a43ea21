// A test that looks at no answer, for watched.test.ts: what is wrong in one must make it fail all the same.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { startStub } from '../../src/index.ts';
import { pathOf, send, sendRaw, VALID } from '../support/stub.ts';

const headers = { authorization: 'Bearer all', 'content-type': 'application/json' };
const body = JSON.stringify(VALID);
const options = { method: 'POST', headers, body };
const rawOf = (id: string): string => {
  const lines = Object.entries({ host: 'x', ...headers, 'content-length': body.length });
  return `POST ${pathOf(id)} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
};
const prefix = process.argv[2] ?? '';

t.test('in this process', async (t) => {
  await using stub = await startStub({ token: 'all' });
  const { url } = stub;
  await fetch(url + pathOf(`${prefix}undeclared-status-by-fetch`), options);
  await send(url, { ...options, path: pathOf(`${prefix}another-success-by-request`) });
  await sendRaw(url, `${rawOf(`${prefix}wrong-body-by-bytes`)}${rawOf(`${prefix}no-json-behind-it`)}NO HTTP\r\n\r\n`);
  for (const what of ['more-in-the-body', 'wrong-type', 'no-id']) await fetch(url + pathOf(prefix + what), options);
  const { authorization: _, ...nobody } = headers;
  await fetch(url + pathOf(`${prefix}no-challenge`), { ...options, headers: nobody });
  for (const what of ['another-error-body', 'empty-error']) {
    await fetch(url + pathOf(prefix + what), { ...options, body: '{}' });
  }
  await fetch(`${url}/v1/${prefix}another-error-body-beyond-the-operations`);
  await fetch(`${url}/__admin/faults?chatbotId=${prefix}more-in-the-body`);
  // Past the network, as the calls of the handle.
  await stub.scope(`${prefix}more-in-the-body-by-inject`).requests();
  // What somebody has asked for.
  await fetch(url + pathOf('any'), { ...options, headers: { ...headers, prefer: 'code=418' } });
  await fetch(`${url}/__admin/faults`, {
    ...options,
    body: JSON.stringify({ match: { chatbotId: 'any' }, effect: { status: 299, body: 'mine' }, times: 1 }),
  });
  await fetch(url + pathOf('any'), options);
  t.pass('and nothing is looked at');
});

t.test('in a process of its own, with an environment of its own, that is killed', async (t) => {
  const program = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
  const args = ['--import', new URL('./wrong.ts', import.meta.url).href, program, '--port', '0', '--token', 'all'];
  const child = spawn(process.execPath, args, { cwd: t.testdir(), env: {} });
  let said = '';
  while (!/ready on (http:\/\/[^"\s]+)/.test(said)) said += String(await once(child.stdout, 'data'));
  const [, url] = /ready on (http:\/\/[^"\s]+)/.exec(said) ?? [];
  await (await fetch(url + pathOf(`${prefix}undeclared-status-elsewhere`), options)).text();
  child.kill('SIGKILL');
  await once(child, 'close');
  t.pass('and nothing is looked at');
});
