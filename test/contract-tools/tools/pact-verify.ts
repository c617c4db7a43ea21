// One verification in a process of its own, since it loads native code: node pact-verify.ts URL PACT.
import { Verifier } from '@pact-foundation/pact';

const [url = '', pact = ''] = process.argv.slice(2);
await new Verifier({
  provider: 'chatcaptain',
  providerBaseUrl: url,
  pactUrls: [pact],
  providerStatesSetupUrl: `${url}/__admin/provider-states`,
  providerStatesSetupTeardown: true,
  logLevel: 'error',
}).verifyProvider();
