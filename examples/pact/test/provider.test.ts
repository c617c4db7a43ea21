// Whether the stub keeps the pact.
import { after, it } from 'node:test';
import { Verifier } from '@pact-foundation/pact';
import { startStub } from 'chatcaptain-stub';

const stub = await startStub();
after(() => stub.close());

it('the stub keeps the pact', async () => {
  const verifier = new Verifier({
    provider: 'chatcaptain',
    providerBaseUrl: stub.url,
    pactUrls: ['pacts/contact-form-chatcaptain.json'],
    // The stub brings about the states itself, and answers the token and the chatbotId for the requests.
    providerStatesSetupUrl: `${stub.adminUrl}/provider-states`,
    providerStatesSetupTeardown: true,
    logLevel: 'error',
  });
  await verifier.verifyProvider();
});
