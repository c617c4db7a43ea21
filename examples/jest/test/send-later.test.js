const { startStub } = require('chatcaptain-stub');
const { sendContactForm, sendLater } = require('../src/contact-form.js');

let stub;
beforeAll(async () => {
  stub = await startStub();
});
afterAll(() => stub.close());

// The program's timers stand still; those of the stub are real. There is one set of timers in a worker, so these tests
// run one after the other.
beforeAll(() => jest.useFakeTimers());
afterAll(() => jest.useRealTimers());

test('is sent ten seconds later', async () => {
  const { chatbotId, token, channelIds, ...chatbot } = await stub.chatbot();
  sendLater({ name: 'Ada' }, { url: stub.url, token, chatbotId, channelId: channelIds[0] });
  jest.advanceTimersByTime(10_000);

  const [request] = await chatbot.waitFor({ status: 201 });
  expect(request.request.body).toEqual({ name: 'Ada', channelId: channelIds[0] });
});

test('is not sent when it was taken back', async () => {
  const { chatbotId, token, channelIds, ...chatbot } = await stub.chatbot();
  const inbox = { url: stub.url, token, chatbotId, channelId: channelIds[0] };
  const sending = sendLater({ name: 'Ada' }, inbox);
  jest.advanceTimersByTime(9_999);
  sending.takeBack();
  jest.advanceTimersByTime(1);

  // Time enough for the other one to come, were it sent all the same.
  await sendContactForm({ name: 'Grace' }, inbox);
  const names = (await chatbot.conversations()).map(({ name }) => name);
  expect(names).toEqual(['Grace']);
});
