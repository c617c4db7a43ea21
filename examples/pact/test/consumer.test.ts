// What the contact form expects of ChatCaptain, written down as a pact.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { it } from 'node:test';
import { MatchersV3, Pact } from '@pact-foundation/pact';
import { type Inbox, sendContactForm } from '../src/contact-form.ts';

const { atLeastLike, fromProviderState, string } = MatchersV3;

// From the beginning: an interaction that has gone from here would stay in the file.
rmSync('pacts', { recursive: true, force: true });
const pact = new Pact({ consumer: 'contact-form', provider: 'chatcaptain', dir: 'pacts' });

// These values count here. When the pact is verified, those take their place that the state of the provider gives.
const inbox: Omit<Inbox, 'url'> = { token: 'a-token', chatbotId: 'my-chatbot', channelId: 'web' };
const path = fromProviderState(`/v1/inbox/\${chatbotId}/conversations`, '/v1/inbox/my-chatbot/conversations');
const authorization = fromProviderState(`Bearer \${token}`, 'Bearer a-token');

function receiving(description: string, state: string, body: object) {
  return pact
    .addInteraction()
    .given(state, { channels: ['web'] })
    .uponReceiving(description)
    .withRequest('POST', path, (request) => request.headers({ authorization }).jsonBody(body));
}

it('201: a conversation', () => {
  return receiving('a contact form', 'a chatbot', { name: 'Ada', email: 'ada@example.com', channelId: 'web' })
    .willRespondWith(201, (response) => response.jsonBody({ conversationId: string('sTjncRDMuTdv65ex4I05') }))
    .executeTest(async ({ url }) => {
      const outcome = await sendContactForm({ name: 'Ada', email: 'ada@example.com' }, { ...inbox, url });
      assert.deepEqual(outcome, { kind: 'sent', conversationId: 'sTjncRDMuTdv65ex4I05' });
    });
});

it('400: every problem is named', () => {
  return receiving('an address that is none', 'a chatbot', { name: 'Ada', email: 'nobody', channelId: 'web' })
    .willRespondWith(400, (response) => response.jsonBody({ message: atLeastLike('email must be an email', 1) }))
    .executeTest(async ({ url }) => {
      const outcome = await sendContactForm({ name: 'Ada', email: 'nobody' }, { ...inbox, url });
      assert.equal(outcome.kind, 'invalid');
    });
});

it('401: the token has expired', () => {
  return receiving('an expired token', 'an expired token', { name: 'Ada', channelId: 'web' })
    .willRespondWith(401, (response) => response.jsonBody({ message: string('Unauthorized') }))
    .executeTest(async ({ url }) => {
      await assert.rejects(sendContactForm({ name: 'Ada' }, { ...inbox, url }), /ChatCaptain answered 401/);
    });
});

it('403: the token lacks the permission', () => {
  return receiving('a token that may not', 'a token without the permission', { name: 'Ada', channelId: 'web' })
    .willRespondWith(403, (response) => response.jsonBody({ message: string('Insufficient permissions') }))
    .executeTest(async ({ url }) => {
      const outcome = await sendContactForm({ name: 'Ada' }, { ...inbox, url });
      assert.equal(outcome.kind, 'forbidden');
    });
});
