import { startStub } from 'chatcaptain-stub';
import t from 'tap';
import { sendContactForm, sendLater } from '../src/contact-form.js';

// One stub for this file, on a port of its own: tap runs each file in a process of its own.
const stub = await startStub();
t.teardown(() => stub.close());

// Each test has a chatbot of its own, so they can all run at once.
t.jobs = 8;

function inboxOf({ token, chatbotId, channelIds }) {
  return { url: stub.url, token, chatbotId, channelId: channelIds[0] };
}

t.test('a contact form becomes a conversation', async (t) => {
  const chatbot = await stub.chatbot();
  await chatbot.clock.freeze('2026-01-01T00:00:00Z');
  const outcome = await sendContactForm({ name: 'Ada', email: 'ada@example.com' }, inboxOf(chatbot));

  t.equal(outcome.kind, 'sent');
  t.strictSame(await chatbot.conversations(), [
    {
      id: outcome.conversationId,
      chatbotId: chatbot.chatbotId,
      channelId: chatbot.channelIds[0],
      name: 'Ada',
      email: 'ada@example.com',
      createdAt: '2026-01-01T00:00:00.000Z',
    },
  ]);
});

t.test('it is sent again when ChatCaptain is busy', async (t) => {
  const chatbot = await stub.chatbot();
  await chatbot.fault({ status: 503, headers: { 'retry-after': '0' } }, { times: 1 });
  const outcome = await sendContactForm({ name: 'Ada' }, inboxOf(chatbot));

  t.equal(outcome.kind, 'sent');
  const statuses = (await chatbot.requests()).map(({ status }) => status);
  t.strictSame(statuses, [503, 201]);
  t.strictSame(await chatbot.unfiredFaults(), []);
});

t.test('it is sent no third time', async (t) => {
  const chatbot = await stub.chatbot();
  await chatbot.fault({ status: 429, headers: { 'retry-after': '0' } });

  await t.rejects(sendContactForm({ name: 'Ada' }, inboxOf(chatbot)), { message: /ChatCaptain answered 429/ });
  t.equal(await chatbot.count(), 2);
  t.strictSame(await chatbot.conversations(), []);
});

t.test('it is forbidden to a token that lacks the permission', async (t) => {
  const chatbot = await stub.chatbot({ grants: [] });
  const outcome = await sendContactForm({ name: 'Ada' }, inboxOf(chatbot));

  t.match(outcome, { kind: 'forbidden', reason: /chatbots\.inbox\.conversations\.create/ });
  t.strictSame(await chatbot.conversations(), []);
});

t.test('it is declined in a channel that the chatbot does not have', async (t) => {
  const chatbot = await stub.chatbot({ channels: ['web'] });
  const outcome = await sendContactForm({ name: 'Ada' }, { ...inboxOf(chatbot), channelId: 'fax' });

  t.equal(outcome.kind, 'declined');
  t.strictSame(await chatbot.conversations(), []);
});

t.test('it is invalid with an address that is none', async (t) => {
  const chatbot = await stub.chatbot();
  const outcome = await sendContactForm({ name: 'Ada', email: 'nobody' }, inboxOf(chatbot));

  t.match(outcome, { kind: 'invalid', problems: [String] });
  t.strictSame(await chatbot.conversations(), []);
});

t.test('it can be sent later', async (t) => {
  const chatbot = await stub.chatbot();
  sendLater({ name: 'Ada' }, inboxOf(chatbot), 0.05);

  const [request] = await chatbot.waitFor({ status: 201 });
  t.strictSame(request.request.body, { name: 'Ada', channelId: chatbot.channelIds[0] });
});

t.test('it is not sent when it was taken back', async (t) => {
  const chatbot = await stub.chatbot();
  sendLater({ name: 'Ada' }, inboxOf(chatbot), 0).takeBack();
  // Time enough for the other one to come, were it sent all the same.
  await sendContactForm({ name: 'Grace' }, inboxOf(chatbot));

  const names = (await chatbot.conversations()).map(({ name }) => name);
  t.strictSame(names, ['Grace']);
});
