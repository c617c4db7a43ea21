import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { startStub } from 'chatcaptain-stub';
import { createClient } from '../src/client.ts';

const stub = await startStub();
after(() => stub.close());

const PATH = '/v1/inbox/{chatbotId}/conversations';

describe('a typed client', { concurrency: true }, () => {
  it('201: makes a conversation', async () => {
    const { chatbotId, token, channelIds, ...chatbot } = await stub.chatbot();
    const { data, response } = await createClient(stub.url, token).POST(PATH, {
      params: { path: { chatbotId } },
      body: { name: 'Ada', channelId: channelIds[0] },
    });

    assert.equal(response.status, 201);
    const [conversation] = await chatbot.conversations();
    assert.equal(data?.conversationId, conversation?.id);
  });

  it('400: hears what is wrong with a body', async () => {
    const { chatbotId, token, ...chatbot } = await stub.chatbot();
    const { error, response } = await createClient(stub.url, token).POST(PATH, {
      params: { path: { chatbotId } },
      // @ts-expect-error the types say, too, that the channel is missing
      body: { name: 'Ada' },
    });

    assert.equal(response.status, 400);
    assert.match(`${error?.message}`, /channelId/);
    assert.deepEqual(await chatbot.conversations(), []);
  });

  it('403: hears which permission the token lacks', async () => {
    const { chatbotId, token, channelIds } = await stub.chatbot({ grants: [] });
    const { error, response } = await createClient(stub.url, token).POST(PATH, {
      params: { path: { chatbotId } },
      body: { name: 'Ada', channelId: channelIds[0] },
    });

    assert.equal(response.status, 403);
    assert.match(`${error?.message}`, /chatbots\.inbox\.conversations\.create/);
  });
});
