// As much of the tools as is called in place of being started. The root installs none, and checks the types all the same.

declare module '@pact-foundation/pact' {
  interface VerifierOptions {
    provider: string;
    providerBaseUrl: string;
    pactUrls: string[];
    providerStatesSetupUrl: string;
    providerStatesSetupTeardown: boolean;
    logLevel: 'error';
  }
  export class Verifier {
    constructor(options: VerifierOptions);
    verifyProvider(): Promise<unknown>;
  }
}
