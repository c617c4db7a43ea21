import assert from 'node:assert/strict';
import { after, it, mock } from 'node:test';
import { startStub } from 'chatcaptain-stub';
import { sendContactForm, sendLater } from '../src/contact-form.ts';

const stub = await startStub();
after(() => stub.close());

// The program's timers stand still; those of the stub are real. There is one set of timers in a process, so these
// tests run one after the other.
mock.timers.enable({ apis: ['setTimeout'] });

it('is sent ten seconds later', async () => {
  const { chatbotId, token, channelIds, ...chatbot } = await stub.chatbot();
  sendLater({ name: 'Ada' }, { url: stub.url, token, chatbotId, channelId: channelIds[0] });
  mock.timers.tick(10_000);

  const [request] = await chatbot.waitFor({ status: 201 });
  assert.deepEqual(request.request.body, { name: 'Ada', channelId: channelIds[0] });
});

it('is not sent when it was taken back', async () => {
  const { chatbotId, token, channelIds, ...chatbot } = await stub.chatbot();
  const inbox = { url: stub.url, token, chatbotId, channelId: channelIds[0] };
  const sending = sendLater({ name: 'Ada' }, inbox);
  mock.timers.tick(9_999);
  sending.takeBack();
  mock.timers.tick(1);

  // Time enough for the other one to come, were it sent all the same.
  await sendContactForm({ name: 'Grace' }, inbox);
  const names = (await chatbot.conversations()).map(({ name }) => name);
  assert.deepEqual(names, ['Grace']);
});
