import { run } from '../processes.ts';
import { DOCUMENTS } from '../target.ts';
import { commandOf, type Tool } from '../tool.ts';
import { ALL_DOCUMENTS, outcomeOf } from './explained.ts';

export const redocly: Tool = {
  name: 'Redocly',
  package: '@redocly/cli',
  looksAt: ['/openapi.json'],
  check: async (target) => {
    const folder = await target.folderWith(...ALL_DOCUMENTS);
    const files = ALL_DOCUMENTS.map((document) => DOCUMENTS[document]);
    const options = ['--extends', 'recommended', '--format', 'json', '--max-problems', '1000'];
    const { stdout } = await run([...commandOf('@redocly/cli', 'redocly'), 'lint', ...options, ...files], folder);
    // It prints one object for each document, with nothing in between.
    const reports = JSON.parse(`[${stdout.replaceAll(/^\}\{$/gm, '},{')}]`) as { problems: Problem[] }[];
    const findings = reports
      .flatMap(({ problems }) => problems)
      .map(({ ruleId, severity, location: [at] }) => ({
        file: at?.source.ref ?? '',
        rule: ruleId,
        place: at?.pointer ?? '',
        isError: severity === 'error',
      }));
    return outcomeOf('Redocly', findings);
  },
};

interface Problem {
  ruleId: string;
  severity: 'error' | 'warn';
  location: { source: { ref: string }; pointer: string }[];
}
