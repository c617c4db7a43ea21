// Calls that the generated client makes, where it is compiled: see tools/typed-client.ts.
import assert from 'node:assert/strict';
import { createClient } from './client.ts';

const { URL: url = '', CHATBOT: chatbotId = '', CHANNEL: channelId = '', TOKEN = '', ELSEWHERE = '' } = process.env;
const PATH = '/v1/inbox/{chatbotId}/conversations';
const params = { path: { chatbotId } };

const created = await createClient(url, TOKEN).POST(PATH, { params, body: { name: 'Ada', channelId } });
assert.equal(created.response.status, 201);
const conversationId: string | undefined = created.data?.conversationId;
assert.equal(typeof conversationId, 'string');

// @ts-expect-error the types say, too, that the channel is missing
const refused = await createClient(url, TOKEN).POST(PATH, { params, body: { name: 'Ada' } });
assert.equal(refused.response.status, 400);
const message: string | string[] | undefined = refused.error?.message;
assert.match(`${message}`, /channelId/);

const forbidden = await createClient(url, ELSEWHERE).POST(PATH, { params, body: { name: 'Ada', channelId } });
assert.equal(forbidden.response.status, 403);
assert.equal(forbidden.error?.statusCode, 403);
