// Dredd sends what a document has as examples. On the vendor's fragment it stops: the path parameter has none there.
import { fileURLToPath } from 'node:url';
import { run } from '../processes.ts';
import { DOCUMENTS } from '../target.ts';
import { commandOf, type Tool } from '../tool.ts';

const HOOK = fileURLToPath(new URL('dredd-hook.cjs', import.meta.url));

/** The chatbot and the channel of the document's examples. */
const EXAMPLE = 'sTjncRDMuTdv65ex4I05';

export const dredd: Tool = {
  name: 'Dredd',
  package: 'dredd',
  looksAt: ['answers', '/openapi.json'],
  check: async (target) => {
    const { token, elsewhere } = await target.seat(EXAMPLE);
    const folder = await target.folderWith('/openapi.json');
    const command = [...commandOf('dredd', 'dredd'), DOCUMENTS['/openapi.json'], target.url, `--hookfiles=${HOOK}`];
    const { code, output } = await run(command, folder, { GATE_TOKEN: token, GATE_TOKEN_ELSEWHERE: elsewhere });
    const count = /^complete: (\d+) passing, (\d+) failing, (\d+) errors, (\d+) skipped, (\d+) total$/m.exec(output);
    if (!count) throw new Error(`Dredd came to no end (exit code ${code}): ${output}`);
    const [, passing, , , skipped] = count;
    // What it says at once, and again at its end with the reason.
    const faults = output.match(/^(?:fail|error): (?!.* duration: ).*(?:\n.+)*/gm) ?? [];
    return {
      checked: `${passing} examples of the document sent, answered 201, 401 and 403; ${skipped} statuses skipped, which no credential brings about`,
      result: 'as documented',
      faults: code === 0 ? [] : faults.length > 0 ? faults : [`exit code ${code}: ${output}`],
      doubts: code === 0 && passing !== '3' ? [`${passing} passed, not 3`] : [],
    };
  },
};
