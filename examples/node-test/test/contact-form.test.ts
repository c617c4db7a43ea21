import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { type Chatbot, startStub } from 'chatcaptain-stub';
import { type Inbox, sendContactForm } from '../src/contact-form.ts';

// One stub for this file, on a port of its own: node --test runs each file in a process of its own.
const stub = await startStub();
after(() => stub.close());

function inboxOf({ token, chatbotId, channelIds }: Chatbot): Inbox {
  return { url: stub.url, token, chatbotId, channelId: channelIds[0] };
}

// Each test has a chatbot of its own, so they can all run at once.
describe('a contact form', { concurrency: true }, () => {
  it('becomes a conversation', async () => {
    const chatbot = await stub.chatbot();
    await chatbot.clock.freeze('2026-01-01T00:00:00Z');
    const outcome = await sendContactForm({ name: 'Ada', email: 'ada@example.com' }, inboxOf(chatbot));

    assert.equal(outcome.kind, 'sent');
    assert.deepEqual(await chatbot.conversations(), [
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

  it('is sent again when ChatCaptain is busy', async () => {
    const chatbot = await stub.chatbot();
    await chatbot.fault({ status: 503, headers: { 'retry-after': '0' } }, { times: 1 });
    const outcome = await sendContactForm({ name: 'Ada' }, inboxOf(chatbot));

    assert.equal(outcome.kind, 'sent');
    const statuses = (await chatbot.requests()).map(({ status }) => status);
    assert.deepEqual(statuses, [503, 201]);
    assert.deepEqual(await chatbot.unfiredFaults(), []);
  });

  it('is sent no third time', async () => {
    const chatbot = await stub.chatbot();
    await chatbot.fault({ status: 429, headers: { 'retry-after': '0' } });

    await assert.rejects(sendContactForm({ name: 'Ada' }, inboxOf(chatbot)), /ChatCaptain answered 429/);
    assert.equal(await chatbot.count(), 2);
    assert.deepEqual(await chatbot.conversations(), []);
  });

  it('is forbidden to a token that lacks the permission', async () => {
    const chatbot = await stub.chatbot({ grants: [] });
    const outcome = await sendContactForm({ name: 'Ada' }, inboxOf(chatbot));

    assert.equal(outcome.kind, 'forbidden');
    assert.match(outcome.reason, /chatbots\.inbox\.conversations\.create/);
    assert.deepEqual(await chatbot.conversations(), []);
  });

  it('is declined in a channel that the chatbot does not have', async () => {
    const chatbot = await stub.chatbot({ channels: ['web'] });
    const outcome = await sendContactForm({ name: 'Ada' }, { ...inboxOf(chatbot), channelId: 'fax' });

    assert.equal(outcome.kind, 'declined');
    assert.deepEqual(await chatbot.conversations(), []);
  });

  it('is invalid with an address that is none', async () => {
    const chatbot = await stub.chatbot();
    const outcome = await sendContactForm({ name: 'Ada', email: 'nobody' }, inboxOf(chatbot));

    assert.equal(outcome.kind, 'invalid');
    assert.equal(outcome.problems.length, 1);
    assert.deepEqual(await chatbot.conversations(), []);
  });
});
