// What the README shows is what happens.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { startTestStub } from './support/stub.ts';

const execute = promisify(execFile);

const root = new URL('../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, text]) => text as string);
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
    const pattern = output.split('…').map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    t.match(shown.trim(), new RegExp(`^${pattern.join('.*')}$`, 's'), command);
  }
});

t.test('each test that it shows passes', async (t) => {
  // The others start a container: test/container/testcontainers.check.ts runs those.
  const examples = blocks('ts').filter((block) => !block.includes("'chatcaptain-stub/testcontainers'"));
  t.not(examples.length, 0);
  for (const example of examples) {
    const source = example.replace("'chatcaptain-stub'", JSON.stringify(new URL('src/index.ts', root).href));
    const script = ['--input-type=module-typescript', '--eval', source];
    t.equal((await execute(process.execPath, script)).stdout, '201\n', example);
  }
});

t.test('each row of "Where the contract is silent" names a test that is there', async (t) => {
  const [, section = ''] = /## Where the contract is silent\n(.*?)\n## /s.exec(readme) ?? [];
  const rows = section.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| what is silent'));
  t.ok(rows.length >= 20, 'there are rows');
  for (const row of rows) {
    const cells = row.split(' | ');
    t.equal(cells.length, 4, row);
    const [, file = '', name = ''] = /`(test\/[^`]+)`: "([^"]+)" \|$/.exec(row) ?? [];
    t.ok(existsSync(new URL(file, root)), file);
    t.match(readFileSync(new URL(file, root), 'utf8'), `t.test('${name}'`, name);
  }
});
