// What the README shows is what happens.
import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { needsEngine, patternOf, promisedOutput, runExample } from './support/example.ts';
import { startTestStub } from './support/stub.ts';

const execute = promisify(execFile);

const root = new URL('../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, text]) => text as string);
}

function section(title: string): string {
  return readme.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? '';
}

t.test('each curl line gives the status that stands below it', async (t) => {
  const stub = await startTestStub(t);
  const examples = blocks('sh').flatMap((block) => [
    ...block.matchAll(/^(curl (?:[^\n]|\\\n)*)\n# (HTTP\/1\.1 \d+ [^\n]*)$/gm),
  ]);
  t.ok(examples.length >= 5, 'there are examples');
  for (const [, line = '', status] of examples) {
    const env = { ...process.env, URL: stub.url, TOKEN: 'test-token' };
    const { stdout } = await execute('sh', ['-c', line], { env });
    t.equal(stdout.split('\r\n')[0], status, line);
  }
});

t.test('the life of a test runs as it stands, each command with the output below it', async (t) => {
  const stub = await startTestStub(t);
  const walk = blocks('sh').find((block) => block.includes('/__admin/chatbots"')) ?? '';
  const steps: { command: string; output: string }[] = [];
  for (const line of walk.split('\n')) {
    const last = steps.at(-1);
    if (/^# (?=[{\d])/.test(line)) Object.assign(last as object, { output: line.slice(2) });
    else if (last && /\\$/.test(last.command)) last.command += `\n${line}`;
    else if (line !== '' && !line.startsWith('#')) steps.push({ command: line, output: '' });
  }
  t.ok(steps.filter(({ output }) => output !== '').length >= 10, 'there are steps');
  const script = steps.map(({ command }) => `${command}\necho; echo '---'`).join('\n');
  const cwd = path.dirname(stub.file);
  const { stdout } = await execute('sh', ['-ec', script], { cwd, env: { ...process.env, URL: stub.url } });
  for (const [index, shown] of stdout.split('\n---\n').entries()) {
    const { command = '', output = '' } = steps[index] ?? {};
    t.match(shown.trim(), patternOf(output), command);
  }
});

t.test('each example prints what it says, on standard error what stands below it', async (t) => {
  const examples = [...readme.matchAll(/```ts\n(.*?)```\n(?:[^`]*```text\n(.*?)```)?/gs)].filter(
    ([, source = '']) => !needsEngine(source),
  );
  t.not(examples.length, 0, 'there are examples');
  for (const [, source = '', error = ''] of examples) {
    const { stdout, stderr } = await runExample(source);
    t.equal(stdout, promisedOutput(source));
    t.match(stderr, patternOf(error === '' ? '' : `…${error}…`));
  }
});

t.test('settings for `npm start` stand in front of it: its script gives no arguments to the server', (t) => {
  const pages = globSync(['*.md', '{docs,bench,examples}/**/*.md'], { cwd: root, exclude: ['**/node_modules/**'] });
  t.ok(pages.length >= 10, 'there are pages');
  for (const page of pages) t.notMatch(readFileSync(new URL(page, root), 'utf8'), /npm start -- /, page);
  t.end();
});

t.test('its JavaScript is the first test, which test/package/first-test.sh runs', async (t) => {
  t.equal(blocks('js').length, 1);
  t.match(section('Your first test'), /^```js$/m);
});

t.test('each row of "Where the contract is silent" names a test that is there', async (t) => {
  const rows = section('Where the contract is silent')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| what is silent'));
  t.ok(rows.length >= 20, 'there are rows');
  for (const row of rows) {
    const cells = row.split(' | ');
    t.equal(cells.length, 4, row);
    const [, file = '', name = ''] = /`(test\/[^`]+)`: "([^"]+)" \|$/.exec(row) ?? [];
    t.ok(existsSync(new URL(file, root)), file);
    t.match(readFileSync(new URL(file, root), 'utf8'), `t.test('${name}'`, name);
  }
});

t.test('its figures are those that bench/results.json holds', async (t) => {
  // Without what tap tells its children, whatever environment they are given: the benchmarks need not be covered.
  const check = execute('env', ['-i', process.execPath, 'bench/readme.ts', '--check'], { cwd: root });
  await t.resolves(check, 'node bench/readme.ts writes them');
});
