import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { below } from '../../../src/json-pointer.ts';
import { run } from '../processes.ts';
import { DOCUMENTS } from '../target.ts';
import { commandOf, type Tool } from '../tool.ts';
import { ALL_DOCUMENTS, outcomeOf } from './explained.ts';

export const spectral: Tool = {
  name: 'Spectral',
  package: '@stoplight/spectral-cli',
  looksAt: ['/openapi.json'],
  check: async (target) => {
    const folder = await target.folderWith(...ALL_DOCUMENTS);
    writeFileSync(path.join(folder, 'ruleset.json'), '{"extends": ["spectral:oas"]}');
    const files = ALL_DOCUMENTS.map((document) => DOCUMENTS[document]);
    const options = ['--ruleset', 'ruleset.json', '--format', 'json', '--quiet'];
    const { stdout } = await run(
      [...commandOf('@stoplight/spectral-cli', 'spectral'), 'lint', ...options, ...files],
      folder,
    );
    const findings = (JSON.parse(stdout) as Result[]).map(({ code, path: names, severity, source }) => ({
      file: source,
      rule: code,
      place: `#${names.reduce(below, '')}`,
      isError: severity === 0,
    }));
    return outcomeOf('Spectral', findings);
  },
};

interface Result {
  code: string;
  path: string[];
  severity: number;
  source: string;
}
