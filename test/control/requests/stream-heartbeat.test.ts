// In a file of its own: the stub takes its timers when it is loaded (src/timers.ts), so they are replaced before.
import { mock } from 'node:test';
import t from 'tap';

mock.timers.enable({ apis: ['setInterval'] });
const { startStub } = await import('../../../src/index.ts');

t.test('a stream without news gives a sign of life every 15 seconds', async (t) => {
  const stub = await startStub();
  t.teardown(() => stub.close());
  const chatbot = await stub.chatbot();
  const leaving = new AbortController();
  const response = await fetch(`${stub.url}/__admin/requests/stream`, { signal: leaving.signal });
  const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  const piece = async (): Promise<string | undefined> => (await reader.read()).value;
  t.equal(await piece(), 'retry: 1000\n\n');

  mock.timers.tick(14_999);
  const headers = { authorization: `Bearer ${chatbot.token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ name: 'Ada', channelId: chatbot.channelIds[0] });
  const { status } = await fetch(`${stub.url}/v1/inbox/${chatbot.chatbotId}/conversations`, {
    method: 'POST',
    headers,
    body,
  });
  t.equal(status, 201);
  t.match(await piece(), /^event: request\n/, 'nothing came before it');
  mock.timers.tick(1);
  t.equal(await piece(), ': still here\n\n');
  mock.timers.tick(15_000);
  t.equal(await piece(), ': still here\n\n');
  leaving.abort();
  await reader.cancel().catch(() => {});
});
