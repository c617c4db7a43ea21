import { startStub } from 'chatcaptain-stub';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { sendContactForm, sendLater } from '../src/contact-form.ts';

const stub = await startStub();
afterAll(() => stub.close());

// The program's timers stand still; those of the stub are real. There is one set of timers in a worker, so these tests
// run one after the other. Node's fetch needs setImmediate to use a connection again.
beforeAll(() => void vi.useFakeTimers({ toNotFake: ['setImmediate'] }));
afterAll(() => void vi.useRealTimers());

it('is sent ten seconds later', async () => {
  const { chatbotId, token, channelIds, ...chatbot } = await stub.chatbot();
  sendLater({ name: 'Ada' }, { url: stub.url, token, chatbotId, channelId: channelIds[0] });
  vi.advanceTimersByTime(10_000);

  const [request] = await chatbot.waitFor({ status: 201 });
  expect(request.request.body).toEqual({ name: 'Ada', channelId: channelIds[0] });
});

it('is not sent when it was taken back', async () => {
  const { chatbotId, token, channelIds, ...chatbot } = await stub.chatbot();
  const inbox = { url: stub.url, token, chatbotId, channelId: channelIds[0] };
  const sending = sendLater({ name: 'Ada' }, inbox);
  vi.advanceTimersByTime(9_999);
  sending.takeBack();
  vi.advanceTimersByTime(1);

  // Time enough for the other one to come, were it sent all the same.
  await sendContactForm({ name: 'Grace' }, inbox);
  const names = (await chatbot.conversations()).map(({ name }) => name);
  expect(names).toEqual(['Grace']);
});
