// A test that stops the timers of its program has the stub in the same process.
import { mock } from 'node:test';
import t from 'tap';
import { startStub } from '../src/index.ts';
import { pathOf, send, VALID } from './support/stub.ts';

t.test('a stub answers, and its handle works, while the timers and the date of its process stand still', async (t) => {
  const stub = await startStub();
  t.teardown(() => stub.close());
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] });
  t.teardown(() => mock.timers.reset());

  const { token, ...chatbot } = await stub.chatbot({ channels: ['web'] });
  const fault = await chatbot.fault({ status: 503, delayMs: 10 }, { times: 1 });
  const post = () =>
    fetch(`${stub.url}/v1/inbox/${chatbot.chatbotId}/conversations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Ada', channelId: 'web' }),
    });
  t.equal((await post()).status, 503);
  const waiting = chatbot.waitFor({ status: 201 });
  t.equal((await post()).status, 201);
  t.equal((await waiting).length, 1);
  await t.rejects(chatbot.waitFor({ status: 400 }, { timeoutMs: 50 }), { name: 'WaitTimeoutError' });
  t.equal(await fault.timesFired(), 1);
  const [conversation] = await chatbot.conversations();
  t.not(conversation?.createdAt.slice(0, 4), '1970', 'the clock of the stub runs on');
});

t.test('a stub starts, answers and closes when they have stood still from the start', async (t) => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] });
  t.teardown(() => mock.timers.reset());
  const stub = await startStub();
  const { token, ...chatbot } = await stub.chatbot();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await send(stub.url, { path: pathOf(chatbot.chatbotId), headers, body: JSON.stringify(VALID) });
  t.equal(answer.status, 201);
  t.equal((await chatbot.conversations()).length, 1);
  await chatbot.snapshot('one');
  await stub.close();
});
