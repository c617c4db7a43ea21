// Pact's verifier plays what the consumer in examples/pact has written down; the stub brings about the states.
import { fileURLToPath } from 'node:url';
import { newFolder, run } from '../processes.ts';
import type { Tool } from '../tool.ts';

const VERIFY = fileURLToPath(new URL('pact-verify.ts', import.meta.url));
const PACT = fileURLToPath(new URL('../../../examples/pact/pacts/contact-form-chatcaptain.json', import.meta.url));

export const pact: Tool = {
  name: 'Pact',
  package: '@pact-foundation/pact',
  looksAt: ['answers'],
  check: async ({ url }) => {
    const { code, output } = await run([process.execPath, VERIFY, url, PACT], newFolder());
    const statuses = [...output.matchAll(/has status code (\d+) \(OK\)/g)].map(([, status]) => status).sort();
    const failures = output.match(/^ *\d+(?:\.\d+)*\) .*$/gm)?.map((line) => line.trim()) ?? [];
    return {
      checked: `${statuses.length} interactions of examples/pact, with their states from /__admin/provider-states, answered ${statuses.join(', ')}`,
      result: 'the pact is kept',
      faults: code === 0 ? [] : failures.length > 0 ? failures : [`exit code ${code}: ${output}`],
      doubts: code === 0 && statuses.length === 0 ? [`nothing was verified: ${output}`] : [],
    };
  },
};
