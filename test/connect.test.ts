import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { sendTo } from '../src/handle/over-http.ts';
import { connectStub, startStub } from '../src/index.ts';
import { notTheStub } from './support/answers/not-the-stub.ts';

/** A server that is no stub. */
async function listen(t: Test, answer: RequestListener): Promise<string> {
  const server = notTheStub(createServer(answer), 'whatever else may answer at that address').listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => server.closeAllConnections());
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

t.test('every way to write where a stub is', async (t) => {
  await using server = await startStub();
  const { host } = new URL(server.url);
  for (const url of [server.url, `${server.url}/`, server.adminUrl, `${server.adminUrl}/`, `HTTP://${host}`]) {
    const stub = await connectStub(url);
    t.equal(stub.url, server.url, url);
    t.equal(stub.adminUrl, server.adminUrl, url);
    t.equal(await stub.count(), 0, url);
    t.notMatch(stub, { token: String, adminToken: String }, url);
  }
});

t.test('a stub below a path, as behind a proxy', async (t) => {
  await using server = await startStub({ adminToken: 'secret' });
  const url = await listen(t, async (request, response) => {
    const { method = '', headers } = request;
    const target = server.url + String(request.url).replace(/^\/stub/, '');
    const answer = await fetch(target, { method, headers: { authorization: String(headers.authorization) } });
    response.writeHead(answer.status).end(await answer.text());
  });
  const stub = await connectStub(`${url}/stub/`, { adminToken: 'secret' });
  t.equal(stub.url, `${url}/stub`);
  t.match(await stub.clock.read(), { frozen: false });
});

t.test('what is no URL of a server is refused before anything is sent', async (t) => {
  for (const url of [
    '',
    'localhost:4650',
    'ftp://127.0.0.1',
    'http://127.0.0.1/?a=1',
    'http://127.0.0.1/#a',
    'http://u:p@h',
  ]) {
    await t.rejects(connectStub(url), {
      name: 'StubError',
      message: `${url} is no URL of a stub: give one such as http://127.0.0.1:4650.`,
    });
  }
});

t.test('nobody there: it says so, and asks the obvious', async (t) => {
  const { url } = await startStub().then(async (stub) => {
    await stub.close();
    return stub;
  });
  const error = await connectStub(url).catch((error) => error);
  t.equal(error.message, `The stub at ${url} does not answer (ECONNREFUSED). Is it running, and is this its port?`);
  t.equal(error.status, undefined);
  t.match(error.cause, { code: 'ECONNREFUSED' });
});

t.test('another server there: it says that it is none of ours', async (t) => {
  const says = (url: string, status: number) => ({
    name: 'StubError',
    message: `There is no chatcaptain-stub at ${url}: GET /__admin/settings was answered ${status}.`,
  });
  const page = await listen(t, (_request, response) => response.writeHead(404).end('<html>'));
  await t.rejects(connectStub(page), says(page, 404));
  const text = await listen(t, (_request, response) => response.end('OK'));
  await t.rejects(connectStub(text), says(text, 200));
  const json = await listen(t, (_request, response) => response.end('{"version": 1, "settings": {}}'));
  await t.rejects(connectStub(json), says(json, 200));
  const half = await listen(t, (_request, response) => response.end('{"version": "1"}'));
  await t.rejects(connectStub(half), says(half, 200));
});

t.test('a control plane that asks for a token: what it says is passed on', async (t) => {
  await using server = await startStub({ adminToken: 'secret' });
  await t.rejects(connectStub(server.url), {
    status: 401,
    message:
      /^GET \/__admin\/settings at \S+ was refused \(401\): The control plane needs a token\. .*STUB_ADMIN_TOKEN/,
  });
  await t.rejects(connectStub(server.url, { adminToken: 'wrong' }), { message: /was given a wrong token/ });
});

t.test('close breaks off what is under way, and nothing keeps the process', async (t) => {
  await using server = await startStub();
  const stub = await connectStub(server.url);
  const waits = [1, 2].map(() => stub.waitFor({ status: 500 }, { timeoutMs: 60_000 }).catch((error) => error));
  // Its answer comes after the waits have begun.
  await stub.count();
  await stub.close();
  for (const error of await Promise.all(waits)) {
    t.match(error, {
      name: 'StubError',
      message: 'The handle is closed: POST /__admin/requests/wait was broken off.',
    });
  }
});

t.test('a token that no header can hold is refused before anything is sent', async (t) => {
  for (const adminToken of ['', 'from a file\n', 'ä']) {
    await t.rejects(connectStub('http://127.0.0.1:1', { adminToken }), {
      name: 'StubError',
      message: /^The adminToken holds/,
    });
  }
});

t.test('what something on the way answers in the place of the stub is an error that shows it', async (t) => {
  let answer: [status: number, text: string] = [200, '{"version": "1", "settings": {}}'];
  const url = await listen(t, (_request, response) => response.writeHead(answer[0]).end(answer[1]));
  const stub = await connectStub(url);
  answer = [200, '<html>'];
  await t.rejects(stub.reset(), { message: 'POST /__admin/reset was answered 200: "<html>"' });
  await t.rejects(stub.waitFor({}), { message: 'POST /__admin/requests/wait was answered 200: "<html>"' });
  answer = [302, ''];
  await t.rejects(stub.reset(), { message: 'POST /__admin/reset was answered 302: ""' });
  answer = [408, 'too slow'];
  await t.rejects(stub.waitFor({}), { name: 'StubError', message: /was answered 408: "too slow"$/ });
});

t.test('an answer that does not come, or not whole, is an error in time', async (t) => {
  const silent = await listen(t, () => {});
  await t.rejects(sendTo(silent, undefined)({ method: 'GET', target: '/', patience: 20 }), {
    name: 'StubError',
    message: `The stub at ${silent} does not answer (nothing for 20 ms).`,
  });
  const cut = await listen(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('{');
    setTimeout(() => response.destroy(), 20);
  });
  await t.rejects(connectStub(cut), { name: 'StubError', message: /does not answer \(ECONNRESET\)/ });
  await t.rejects(connectStub(silent.replace('http:', 'https:')), { name: 'StubError', message: /does not answer/ });
});
