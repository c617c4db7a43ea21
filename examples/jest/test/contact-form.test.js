const { startStub } = require('chatcaptain-stub');
const { sendContactForm } = require('../src/contact-form.js');

// One stub for this file, on a port of its own: Jest runs each file in a worker of its own.
let stub;
beforeAll(async () => {
  stub = await startStub();
});
afterAll(() => stub.close());

function inboxOf({ token, chatbotId, channelIds }) {
  return { url: stub.url, token, chatbotId, channelId: channelIds[0] };
}

// Each test has a chatbot of its own, so they can all run at once.
describe('a contact form', () => {
  test.concurrent('becomes a conversation', async () => {
    const chatbot = await stub.chatbot();
    await chatbot.clock.freeze('2026-01-01T00:00:00Z');
    const outcome = await sendContactForm({ name: 'Ada', email: 'ada@example.com' }, inboxOf(chatbot));

    expect(outcome.kind).toBe('sent');
    expect(await chatbot.conversations()).toEqual([
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

  test.concurrent('is sent again when ChatCaptain is busy', async () => {
    const chatbot = await stub.chatbot();
    await chatbot.fault({ status: 503, headers: { 'retry-after': '0' } }, { times: 1 });
    const outcome = await sendContactForm({ name: 'Ada' }, inboxOf(chatbot));

    expect(outcome.kind).toBe('sent');
    const statuses = (await chatbot.requests()).map(({ status }) => status);
    expect(statuses).toEqual([503, 201]);
    expect(await chatbot.unfiredFaults()).toEqual([]);
  });

  test.concurrent('is sent no third time', async () => {
    const chatbot = await stub.chatbot();
    await chatbot.fault({ status: 429, headers: { 'retry-after': '0' } });

    await expect(sendContactForm({ name: 'Ada' }, inboxOf(chatbot))).rejects.toThrow('ChatCaptain answered 429');
    expect(await chatbot.count()).toBe(2);
    expect(await chatbot.conversations()).toEqual([]);
  });

  test.concurrent('is forbidden to a token that lacks the permission', async () => {
    const chatbot = await stub.chatbot({ grants: [] });
    const outcome = await sendContactForm({ name: 'Ada' }, inboxOf(chatbot));

    const reason = expect.stringContaining('chatbots.inbox.conversations.create');
    expect(outcome).toEqual({ kind: 'forbidden', reason });
    expect(await chatbot.conversations()).toEqual([]);
  });

  test.concurrent('is declined in a channel that the chatbot does not have', async () => {
    const chatbot = await stub.chatbot({ channels: ['web'] });
    const outcome = await sendContactForm({ name: 'Ada' }, { ...inboxOf(chatbot), channelId: 'fax' });

    expect(outcome.kind).toBe('declined');
    expect(await chatbot.conversations()).toEqual([]);
  });

  test.concurrent('is invalid with an address that is none', async () => {
    const chatbot = await stub.chatbot();
    const outcome = await sendContactForm({ name: 'Ada', email: 'nobody' }, inboxOf(chatbot));

    expect(outcome).toEqual({ kind: 'invalid', problems: [expect.any(String)] });
    expect(await chatbot.conversations()).toEqual([]);
  });
});
